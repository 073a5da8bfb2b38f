using System.Buffers;
using System.Text;

namespace P2P.Server.Search.Postings;

/// <summary>Gathers the distinct words of names.</summary>
sealed class WordListBuilder
{
    const int FirstSize = 1024;

    readonly ArrayBufferWriter<byte> _text = new();
    readonly List<(int Start, byte Length, int Hash)> _words = [];
    int[] _places = new int[FirstSize];

    /// <summary>Takes a block of names.</summary>
    public void Add(ReadOnlySpan<byte> block)
    {
        for (var at = 0; at < block.Length;)
        {
            var end = Position.WordEnd(block, at);
            if (end - at is >= EditRules.LeastLetters - 1 and <= WordList.MostBytes)
            {
                AddWord(block[at..end]);
            }

            at = end + 1;
        }
    }

    public WordList Build()
    {
        var groups = new List<WordList.Group>();
        var (text, letters) = (new byte[_text.WrittenCount], new uint[_words.Count]);
        var (at, first) = (0, 0);
        foreach (var same in _words.GroupBy(word => (IsAscii: Ascii.IsValid(Span(word)), word.Length)))
        {
            var (start, number) = (at, first);
            foreach (var word in same)
            {
                Span(word).CopyTo(text.AsSpan(at));
                letters[number++] = EditRows.SetOf(Span(word));
                at += word.Length;
            }

            groups.Add(new WordList.Group(same.Key.IsAscii, same.Key.Length, start, first, number - first));
            first = number;
        }

        return new WordList(text, letters, [.. groups]);
    }

    ReadOnlySpan<byte> Span((int Start, byte Length, int Hash) word) => _text.WrittenSpan.Slice(word.Start, word.Length);

    void AddWord(ReadOnlySpan<byte> word)
    {
        var hasher = default(HashCode);
        hasher.AddBytes(word);
        var hash = hasher.ToHashCode();
        var mask = _places.Length - 1;
        var place = hash & mask;
        for (; _places[place] != 0; place = (place + 1) & mask)
        {
            var known = _words[_places[place] - 1];
            if (known.Hash == hash && Span(known).SequenceEqual(word))
            {
                return;
            }
        }

        _words.Add((_text.WrittenCount, (byte)word.Length, hash));
        _text.Write(word);
        _places[place] = _words.Count;
        if (_words.Count * 2 > _places.Length)
        {
            Grow();
        }
    }

    void Grow()
    {
        _places = new int[_places.Length * 4];
        var mask = _places.Length - 1;
        for (var i = 0; i < _words.Count; i++)
        {
            var place = _words[i].Hash & mask;
            while (_places[place] != 0)
            {
                place = (place + 1) & mask;
            }

            _places[place] = i + 1;
        }
    }
}
