using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Lanes = System.Runtime.Intrinsics.Vector512<uint>;

namespace P2P.Content;

/// <summary>
/// SHA-256 (FIPS 180-4) of sixteen messages of one length at once, one in each 32-bit lane of AVX-512 registers. A single message keeps a
/// processor's SHA instructions waiting for each other; sixteen that have nothing to do with each other do not.
/// </summary>
static class Sha256Lanes
{
    /// <summary>How many messages are hashed at once.</summary>
    public const int Count = 16;

    const int ChunkSize = 64;
    const int Rounds = 64;
    const int Words = 16;

    static readonly uint[] Start =
    [
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
    ];

    // Each constant sixteen times, so that it is added from memory.
    static readonly Lanes[] Constants = [.. Array.ConvertAll<uint, Lanes>(
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ], Vector512.Create)];

    /// <summary>Whether this processor can.</summary>
    public static bool IsSupported => Avx512BW.IsSupported;

    /// <summary>Hashes messages that lie side by side.</summary>
    /// <param name="data">The messages: 1 to <see cref="Count"/>.</param>
    /// <param name="length">Bytes of each; a multiple of 64.</param>
    /// <param name="digests">32 bytes for each.</param>
    public static void Hash(ReadOnlySpan<byte> data, int length, Span<byte> digests)
    {
        int count = data.Length / length;
        if (count is < 1 or > Count || data.Length != count * length || length % ChunkSize != 0)
            throw new ArgumentException("It takes 1 to 16 messages, of a length that is a multiple of 64.", nameof(data));
        ArgumentOutOfRangeException.ThrowIfLessThan(digests.Length, count * MerkleHash.Size, nameof(digests));
        // Lanes without a message of their own repeat the last one.
        Span<nint> starts = stackalloc nint[Count];
        for (int lane = 0; lane < Count; lane++)
            starts[lane] = (nint)Math.Min(lane, count - 1) * length;
        Span<Lanes> state = stackalloc Lanes[8];
        for (int i = 0; i < state.Length; i++)
            state[i] = Vector512.Create(Start[i]);
        Span<Lanes> schedule = stackalloc Lanes[Rounds];
        ref Lanes w = ref MemoryMarshal.GetReference(schedule);
        ref Lanes constants = ref MemoryMarshal.GetArrayDataReference(Constants);
        for (nint at = 0; at < length; at += ChunkSize)
        {
            Load(ref Unsafe.Add(ref MemoryMarshal.GetReference(data), at), ref MemoryMarshal.GetReference(starts), ref w);
            Compress(ref MemoryMarshal.GetReference(state), ref w, ref constants);
        }

        // The padding is the same for all.
        schedule.Clear();
        schedule[0] = Vector512.Create(0x80000000);
        schedule[Words - 2] = Vector512.Create((uint)((ulong)length * 8 >> 32));
        schedule[Words - 1] = Vector512.Create((uint)length * 8);
        Compress(ref MemoryMarshal.GetReference(state), ref w, ref constants);
        for (int lane = 0; lane < count; lane++)
        {
            for (int i = 0; i < state.Length; i++)
                BinaryPrimitives.WriteUInt32BigEndian(digests[(lane * MerkleHash.Size + i * sizeof(uint))..], state[i][lane]);
        }
    }

    // The 64 bytes of each message become sixteen vectors, of which each holds one big-endian word of all messages.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Load(ref byte data, ref nint starts, ref Lanes w)
    {
        Vector512<byte> swap = Vector512.Create(Vector128.Create((byte)3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12)).AsByte();
        // Words of four messages, within quarters of a register.
        for (int i = 0; i < Words; i += 4)
        {
            Lanes r0 = Row(ref data, ref starts, i, swap), r1 = Row(ref data, ref starts, i + 1, swap);
            Lanes r2 = Row(ref data, ref starts, i + 2, swap), r3 = Row(ref data, ref starts, i + 3, swap);
            Lanes low01 = Avx512F.UnpackLow(r0, r1), high01 = Avx512F.UnpackHigh(r0, r1);
            Lanes low23 = Avx512F.UnpackLow(r2, r3), high23 = Avx512F.UnpackHigh(r2, r3);
            Unsafe.Add(ref w, i) = Avx512F.UnpackLow(low01.AsUInt64(), low23.AsUInt64()).AsUInt32();
            Unsafe.Add(ref w, i + 1) = Avx512F.UnpackHigh(low01.AsUInt64(), low23.AsUInt64()).AsUInt32();
            Unsafe.Add(ref w, i + 2) = Avx512F.UnpackLow(high01.AsUInt64(), high23.AsUInt64()).AsUInt32();
            Unsafe.Add(ref w, i + 3) = Avx512F.UnpackHigh(high01.AsUInt64(), high23.AsUInt64()).AsUInt32();
        }

        // Now vector 4 m + k has words k, k + 4, k + 8, k + 12 of messages 4 m to 4 m + 3: quarters change places.
        for (int k = 0; k < 4; k++)
        {
            Lanes m0 = Unsafe.Add(ref w, k), m1 = Unsafe.Add(ref w, k + 4), m2 = Unsafe.Add(ref w, k + 8), m3 = Unsafe.Add(ref w, k + 12);
            Lanes even01 = Avx512F.Shuffle4x128(m0, m1, 0x88), odd01 = Avx512F.Shuffle4x128(m0, m1, 0xdd);
            Lanes even23 = Avx512F.Shuffle4x128(m2, m3, 0x88), odd23 = Avx512F.Shuffle4x128(m2, m3, 0xdd);
            Unsafe.Add(ref w, k) = Avx512F.Shuffle4x128(even01, even23, 0x88);
            Unsafe.Add(ref w, k + 4) = Avx512F.Shuffle4x128(odd01, odd23, 0x88);
            Unsafe.Add(ref w, k + 8) = Avx512F.Shuffle4x128(even01, even23, 0xdd);
            Unsafe.Add(ref w, k + 12) = Avx512F.Shuffle4x128(odd01, odd23, 0xdd);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Lanes Row(ref byte data, ref nint starts, int lane, Vector512<byte> swap) =>
        Avx512BW.Shuffle(Vector512.LoadUnsafe(ref Unsafe.Add(ref data, Unsafe.Add(ref starts, lane))), swap).AsUInt32();

    // One chunk of all messages; its first 16 words are in w.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Compress(ref Lanes state, ref Lanes w, ref Lanes constants)
    {
        for (nint i = Words; i < Rounds; i += 2)
        {
            Unsafe.Add(ref w, i) = Unsafe.Add(ref w, i - 16) + Mix0(Unsafe.Add(ref w, i - 15)) + Unsafe.Add(ref w, i - 7) + Mix1(Unsafe.Add(ref w, i - 2));
            Unsafe.Add(ref w, i + 1) = Unsafe.Add(ref w, i - 15) + Mix0(Unsafe.Add(ref w, i - 14)) + Unsafe.Add(ref w, i - 6) + Mix1(Unsafe.Add(ref w, i - 1));
        }

        Lanes a = state, b = Unsafe.Add(ref state, 1), c = Unsafe.Add(ref state, 2), d = Unsafe.Add(ref state, 3);
        Lanes e = Unsafe.Add(ref state, 4), f = Unsafe.Add(ref state, 5), g = Unsafe.Add(ref state, 6), h = Unsafe.Add(ref state, 7);
        // After eight rounds each variable has its first role again.
        for (nint i = 0; i < Rounds; i += 8)
        {
            Lanes t;
            t = h + Sum1(e) + Choose(e, f, g) + Unsafe.Add(ref w, i + 0) + Unsafe.Add(ref constants, i + 0);
            d += t;
            h = t + Sum0(a) + Majority(a, b, c);
            t = g + Sum1(d) + Choose(d, e, f) + Unsafe.Add(ref w, i + 1) + Unsafe.Add(ref constants, i + 1);
            c += t;
            g = t + Sum0(h) + Majority(h, a, b);
            t = f + Sum1(c) + Choose(c, d, e) + Unsafe.Add(ref w, i + 2) + Unsafe.Add(ref constants, i + 2);
            b += t;
            f = t + Sum0(g) + Majority(g, h, a);
            t = e + Sum1(b) + Choose(b, c, d) + Unsafe.Add(ref w, i + 3) + Unsafe.Add(ref constants, i + 3);
            a += t;
            e = t + Sum0(f) + Majority(f, g, h);
            t = d + Sum1(a) + Choose(a, b, c) + Unsafe.Add(ref w, i + 4) + Unsafe.Add(ref constants, i + 4);
            h += t;
            d = t + Sum0(e) + Majority(e, f, g);
            t = c + Sum1(h) + Choose(h, a, b) + Unsafe.Add(ref w, i + 5) + Unsafe.Add(ref constants, i + 5);
            g += t;
            c = t + Sum0(d) + Majority(d, e, f);
            t = b + Sum1(g) + Choose(g, h, a) + Unsafe.Add(ref w, i + 6) + Unsafe.Add(ref constants, i + 6);
            f += t;
            b = t + Sum0(c) + Majority(c, d, e);
            t = a + Sum1(f) + Choose(f, g, h) + Unsafe.Add(ref w, i + 7) + Unsafe.Add(ref constants, i + 7);
            e += t;
            a = t + Sum0(b) + Majority(b, c, d);
        }

        state += a;
        Unsafe.Add(ref state, 1) += b;
        Unsafe.Add(ref state, 2) += c;
        Unsafe.Add(ref state, 3) += d;
        Unsafe.Add(ref state, 4) += e;
        Unsafe.Add(ref state, 5) += f;
        Unsafe.Add(ref state, 6) += g;
        Unsafe.Add(ref state, 7) += h;
    }

    // The functions of FIPS 180-4, 4.1.2; the last argument of TernaryLogic is the truth table of three bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Lanes Sum0(Lanes x) => Xor(Avx512F.RotateRight(x, 2), Avx512F.RotateRight(x, 13), Avx512F.RotateRight(x, 22));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Lanes Sum1(Lanes x) => Xor(Avx512F.RotateRight(x, 6), Avx512F.RotateRight(x, 11), Avx512F.RotateRight(x, 25));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Lanes Mix0(Lanes x) => Xor(Avx512F.RotateRight(x, 7), Avx512F.RotateRight(x, 18), Avx512F.ShiftRightLogical(x, 3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Lanes Mix1(Lanes x) => Xor(Avx512F.RotateRight(x, 17), Avx512F.RotateRight(x, 19), Avx512F.ShiftRightLogical(x, 10));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Lanes Xor(Lanes x, Lanes y, Lanes z) => Avx512F.TernaryLogic(x, y, z, 0x96);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Lanes Choose(Lanes x, Lanes y, Lanes z) => Avx512F.TernaryLogic(x, y, z, 0xca);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Lanes Majority(Lanes x, Lanes y, Lanes z) => Avx512F.TernaryLogic(x, y, z, 0xe8);
}
