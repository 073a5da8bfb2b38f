using System.Buffers;
using System.IO.Compression;
using Grpc.Core;
using Grpc.Net.Compression;
using Grpc.Wire;

namespace Grpc.Tests.Wire;

/// <summary>What a writer makes of serializers, good and bad.</summary>
public sealed class MessageWriterTests
{
    [Fact]
    public void Write_AnnouncedLength_AsksForItsMemoryOnce()
    {
        var output = new ExactOutput();

        MessageWriter.Write<byte[]>(output, [7, 8, 9], static (message, context) =>
        {
            context.SetPayloadLength(message.Length);
            message.CopyTo(context.GetBufferWriter().GetSpan(message.Length));
            context.GetBufferWriter().Advance(message.Length);
            context.Complete();
        });

        Assert.Equal([8], output.Asked);
        Assert.Equal("00 00000003 070809", Hex(output.Written));
    }

    // Steps: a letter that says what the serializer does, and a number of bytes.
    [Theory]
    [InlineData("", "00 00000000")]
    [InlineData("l0", "00 00000000")]
    [InlineData("g", "00 00000000")]
    [InlineData("l0 g", "00 00000000")]
    [InlineData("l4 g w2 w2", "00 00000004 0101 0202")]
    [InlineData("l4 g w2 g w2", "00 00000004 0101 0202")]
    [InlineData("g w2 g w2", "00 00000004 0101 0202")]
    [InlineData("l1 g w0 w1", "00 00000001 02")]
    [InlineData("g w0 w1", "00 00000001 02")]
    public void Write_InSteps_IsOneMessage(string steps, string expected)
    {
        var output = new ExactOutput();

        MessageWriter.Write(output, steps, Take);

        Assert.Equal(expected.Replace(" ", "", StringComparison.Ordinal), Convert.ToHexString(output.Written));
    }

    [Theory]
    [InlineData("l10 g w4 w6")]
    [InlineData("g w4 w6")]
    public void Write_Compressed_IsMarkedAndInflatesToTheMessage(string steps)
    {
        var gzip = new GzipCompressionProvider(CompressionLevel.Fastest);
        var output = new ExactOutput();

        MessageWriter.Write(output, steps, Take, compression: gzip);

        Assert.Equal(1, output.Written[0]);
        Assert.Equal(output.Written.Length - 5, Convert.ToInt32(Convert.ToHexString(output.Written[1..5]), 16));
        using var inflated = new MemoryStream();
        using var stream = gzip.CreateDecompressionStream(new MemoryStream(output.Written[5..].ToArray()));
        stream.CopyTo(inflated);
        Assert.Equal([1, 1, 1, 1, 2, 2, 2, 2, 2, 2], inflated.ToArray());
    }

    [Fact]
    public void Write_CompressedAndEmpty_IsMarkedWhateverWasBefore()
    {
        var output = new ExactOutput();
        MessageWriter.Write(new ArrayBufferWriter<byte>(), "l2 g w2", Take);

        MessageWriter.Write(output, "", Take, compression: new GzipCompressionProvider(CompressionLevel.Fastest));

        Assert.Equal(1, output.Written[0]);
    }

    [Theory]
    [InlineData("l10 g w10")]
    [InlineData("g w10")]
    [InlineData("whole")]
    public void Write_AtTheLimit_IsAccepted(string steps)
    {
        var output = new ExactOutput();

        MessageWriter.Write(output, steps, steps == "whole" ? static (_, context) => context.Complete(new byte[10]) : Take, maxSize: 10);

        Assert.Equal(15, output.Written.Length);
    }

    [Theory]
    [InlineData("l2 g w0")]
    [InlineData("l2 g w1")]
    [InlineData("l2 g w2 w1")]
    public void Write_OtherLengthThanAnnounced_Throws(string steps)
    {
        var exception = Assert.Throws<InvalidOperationException>(() => MessageWriter.Write(new ArrayBufferWriter<byte>(), steps, Take));

        Assert.Contains("announced 2 bytes", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("l2 g w0 fail")]
    [InlineData("l2 g fail")]
    [InlineData("g w2 fail")]
    public void Write_SerializerFails_NothingIsWritten(string steps)
    {
        var output = new ExactOutput();

        Assert.Throws<FormatException>(() => MessageWriter.Write(output, steps, Take));

        Assert.Equal(0, output.Written.Length);
    }

    [Fact]
    public void Write_OneAfterAnother_AllocatesNoWriterAndForgetsTheLast()
    {
        var writers = new List<SerializationContext>();
        for (var time = 0; time < 3; time++)
        {
            MessageWriter.Write(new ArrayBufferWriter<byte>(), "g w1", (steps, context) =>
            {
                writers.Add(context);
                Take(steps, context);
            });
            Assert.Throws<InvalidOperationException>(() => MessageWriter.Write(new ArrayBufferWriter<byte>(), "", static (_, _) => { }));
        }

        Assert.Single(writers.Distinct());
    }

    [Fact]
    public void Write_ThroughABuffer_GivesItBack()
    {
        ReadOnlyMemory<byte> buffer = default;

        MessageWriter.Write(new ArrayBufferWriter<byte>(), "", (_, context) =>
        {
            buffer = context.GetBufferWriter().GetMemory(5000);
            context.Complete();
        });

        Pool.AssertHas(buffer);
    }

    static string Hex(ReadOnlySpan<byte> bytes) =>
        $"{Convert.ToHexString(bytes[..1])} {Convert.ToHexString(bytes[1..5])} {Convert.ToHexString(bytes[5..])}";

    // Each write is filled with its number, counted from 1.
    static void Take(string steps, SerializationContext context)
    {
        byte written = 0;
        foreach (var step in steps.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            switch (step[0])
            {
                case 'l':
                    context.SetPayloadLength(Number(step));
                    break;
                case 'g':
                    Assert.Same(context, context.GetBufferWriter());
                    break;
                case 'w':
                    var output = (IBufferWriter<byte>)context;
                    written++;
                    var memory = output.GetMemory(Number(step));
                    Assert.False(memory.IsEmpty);
                    memory.Span[..Number(step)].Fill(written);
                    output.Advance(Number(step));
                    break;
                default:
                    throw new FormatException(step);
            }
        }
        context.Complete();
    }

    static int Number(string step) => int.Parse(step.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture);
}
