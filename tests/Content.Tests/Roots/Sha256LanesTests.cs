using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;

namespace P2P.Content.Tests.Roots;

/// <summary>The digests of many messages at once are those of the framework for each of them.</summary>
public sealed class Sha256LanesTests
{
    [Fact]
    public void Hash_AnyNumberOfAnyLength_EqualsTheFramework()
    {
        Assert.SkipUnless(Sha256Lanes.IsSupported, "This processor has no AVX-512.");
        Prop.ForAll(
            (from count in Gen.Choose(1, 16) from chunks in Gen.Choose(1, 300) from seed in Gen.Choose(0, int.MaxValue) select (count, chunks, seed)).ToArbitrary(),
            sample =>
            {
                int length = sample.chunks * 64;
                byte[] data = Samples.Bytes(sample.count * length, sample.seed);
                byte[] digests = new byte[sample.count * 32];
                Sha256Lanes.Hash(data, length, digests);
                return digests.AsSpan().SequenceEqual(data.Chunk(length).SelectMany(SHA256.HashData).ToArray());
            }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Hash_SameBitsInAllWords_EqualsTheFramework()
    {
        Assert.SkipUnless(Sha256Lanes.IsSupported, "This processor has no AVX-512.");
        foreach (byte value in (byte[])[0x00, 0xff, 0x80, 0x01, 0x7f])
        {
            byte[] data = [.. Enumerable.Repeat(value, 16 * 16384)];
            byte[] digests = new byte[16 * 32];
            Sha256Lanes.Hash(data, 16384, digests);
            Assert.All(digests.Chunk(32), digest => Assert.Equal(SHA256.HashData(data.AsSpan(0, 16384)), digest));
        }
    }

    [Theory]
    [InlineData(0, 64)]
    [InlineData(17 * 64, 64)]
    [InlineData(100, 64)]
    [InlineData(96, 32)]
    public void Hash_WhatDoesNotFit_IsRefused(int bytes, int length) =>
        Assert.ThrowsAny<ArgumentException>(() => Sha256Lanes.Hash(new byte[bytes], length, new byte[17 * 32]));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(8 * 16384)]
    [InlineData(9 * 16384)]
    [InlineData(16 * 16384 + 1)]
    [InlineData(40 * 16384 - 1)]
    public void Blocks_AnyLength_EqualsTheFramework(int length)
    {
        byte[] data = Samples.Bytes(length);
        byte[] hashes = new byte[(length + 16383) / 16384 * 32];
        MerkleHash.Blocks(data, hashes);
        Assert.Equal(data.Chunk(16384).SelectMany(SHA256.HashData), hashes);
    }

    [Fact]
    public void Nodes_InPlace_EqualsTheFramework()
    {
        for (int count = 1; count <= 40; count++)
        {
            byte[] children = Samples.Bytes(count * 64, count);
            byte[] expected = [.. children.Chunk(64).SelectMany(SHA256.HashData)];
            MerkleHash.Nodes(children, children);
            Assert.Equal(expected, children[..(count * 32)]);
        }
    }

    [Fact]
    public void AppendBlockHashes_InAnyPortions_EqualsTheOracle() => Prop.ForAll(
        (from blocks in Gen.Choose(1, 70) from seed in Gen.Choose(0, int.MaxValue) select (blocks, seed)).ToArbitrary(),
        sample =>
        {
            byte[] data = Samples.Bytes(sample.blocks * 16384, sample.seed);
            byte[] hashes = [.. data.Chunk(16384).SelectMany(SHA256.HashData)];
            MerkleHasher hasher = new(layer: 0);
            Random random = new(sample.seed);
            for (int at = 0; at < sample.blocks;)
            {
                int count = Math.Min(random.Next(1, 40), sample.blocks - at);
                hasher.AppendBlockHashes(hashes.AsSpan(at * 32, count * 32));
                at += count;
            }

            return hasher.Finish().Bytes.SequenceEqual(MerkleOracle.Root(data)) && hasher.Layer.Span.SequenceEqual(hashes);
        }).QuickCheckThrowOnFailure();
}
