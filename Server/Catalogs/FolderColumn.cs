using System.Buffers;

namespace P2P.Server.Catalogs;

/// <summary>The folders of files in the order of their paths: one entry for each run of files that lie side by side in one folder.</summary>
/// <param name="firsts">Of each run: its first file. One more for the end.</param>
/// <param name="starts">Of each run: where its folder begins in the text. One more for the end.</param>
/// <param name="text">Folders, each with the slash behind it; nothing for files that lie in none.</param>
sealed class FolderColumn(int[] firsts, int[] starts, byte[] text)
{
    public int Runs => starts.Length - 1;

    public int TextLength => text.Length;

    public int First(int run) => firsts[run];

    public ReadOnlySpan<byte> Folder(int run) => text.AsSpan(starts[run]..starts[run + 1]);

    /// <summary>The run of a file.</summary>
    public int RunOf(int index)
    {
        var (low, high) = (0, Runs);
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            (low, high) = firsts[middle] <= index ? (middle, high) : (low, middle);
        }

        return low;
    }

    /// <summary>Takes files in order.</summary>
    internal sealed class Builder
    {
        readonly ArrayBufferWriter<byte> _text = new();
        readonly List<int> _firsts = [];
        readonly List<int> _starts = [];
        int _count;

        public void Add(ReadOnlySpan<byte> folder)
        {
            if (_count == 0 || !_text.WrittenSpan[_starts[^1]..].SequenceEqual(folder))
            {
                _firsts.Add(_count);
                _starts.Add(_text.WrittenCount);
                _text.Write(folder);
            }

            _count++;
        }

        /// <summary>Adds all of another column at once.</summary>
        public void AddAll(FolderColumn folders)
        {
            for (var run = 0; run < folders.Runs; run++)
            {
                Add(folders.Folder(run));
                _count += folders.First(run + 1) - folders.First(run) - 1;
            }
        }

        public FolderColumn Build() => new([.. _firsts, _count], [.. _starts, _text.WrittenCount], _text.WrittenSpan.ToArray());
    }
}
