namespace P2P.Server.Search.Postings;

/// <summary>The distinct words of a part's names, in the order of their bytes. Immutable.</summary>
sealed class WordList(byte[] text, int[] starts)
{
    /// <summary>Longer runs of letters and digits are no words that anyone mistypes.</summary>
    public const int MostBytes = 32;

    public int Count => starts.Length - 1;

    /// <summary>Bytes of memory.</summary>
    public long Size => text.Length + ((long)starts.Length * sizeof(int));

    /// <summary>The words near one; at most so many.</summary>
    public IReadOnlyList<byte[]> Near(EditRows rows, int most)
    {
        var near = new List<byte[]>();
        Span<int> depths = stackalloc int[MostBytes + 1];
        var previous = ReadOnlySpan<byte>.Empty;
        for (var at = 0; at < Count && near.Count < most;)
        {
            var word = Word(at);
            var shared = Boundary(word, word.CommonPrefixLength(previous));
            var dead = Extend(rows, word, shared, depths);
            previous = word;
            if (dead >= 0)
            {
                // All that begin so are as far away.
                at = Behind(word[..dead], at);
                previous = word[..dead];
                continue;
            }

            if (rows.IsNear(depths[word.Length]))
            {
                near.Add(word.ToArray());
            }

            at++;
        }

        return near;
    }

    ReadOnlySpan<byte> Word(int at) => text.AsSpan(starts[at]..starts[at + 1]);

    /// <summary>Pushes the letters of a word behind those it shares with the one before.</summary>
    /// <param name="depths">How many letters the first so many bytes are.</param>
    /// <returns>The bytes of a beginning with which no word is near; -1 if there is none.</returns>
    static int Extend(EditRows rows, ReadOnlySpan<byte> word, int shared, Span<int> depths)
    {
        var rest = word[shared..];
        var depth = depths[shared];
        while (!rest.IsEmpty)
        {
            var letter = EditRows.Next(ref rest);
            var isAlive = rows.Push(depth++, letter);
            depths[word.Length - rest.Length] = depth;
            if (!isAlive)
            {
                return word.Length - rest.Length;
            }
        }

        return -1;
    }

    /// <summary>The last place up to a length where a letter begins.</summary>
    static int Boundary(ReadOnlySpan<byte> word, int length)
    {
        while (length > 0 && length < word.Length && (word[length] & 0xC0) == 0x80)
        {
            length--;
        }

        return length;
    }

    /// <summary>The first word behind those with a beginning.</summary>
    int Behind(ReadOnlySpan<byte> beginning, int from)
    {
        var step = 1;
        var (low, high) = (from, from + 1);
        while (high < Count && Word(high).StartsWith(beginning))
        {
            (low, high) = (high, Math.Min(Count, high + step));
            step *= 2;
        }

        high = Math.Min(high, Count);
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            (low, high) = Word(middle).StartsWith(beginning) ? (middle, high) : (low, middle);
        }

        return high;
    }
}
