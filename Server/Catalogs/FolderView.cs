using System.Security.Cryptography;
using System.Text;
using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Catalogs;

/// <summary>One folder of a peer's files, in the order of paths; a subfolder stands where its slash puts it.</summary>
/// <param name="prefix">The folder with the slash behind it; empty for all.</param>
sealed class FolderView(PeerCatalog catalog, byte[] prefix)
{
    const byte Slash = (byte)'/';

    /// <summary>What lies in a folder stands below this in place of its slash.</summary>
    const byte BehindSlash = Slash + 1;

    readonly string _prefix = Encoding.UTF8.GetString(prefix);

    /// <summary>Its subfolders, behind one of them.</summary>
    public IEnumerable<FolderEntry> Folders(Cursor.PathMark? after)
    {
        var heads = new Heads(catalog, prefix, From(after));
        if (after is { Print: [] })
        {
            heads.Skip([.. Encoding.UTF8.GetBytes(after.Start), BehindSlash]);
        }

        var hidden = after is { Print.Length: > 0 };
        while (heads.Path() is { } path)
        {
            var slash = path.AsSpan(prefix.Length).IndexOf(Slash);
            if (slash < 0)
            {
                heads.SkipRun();
                continue;
            }

            var folder = path[..(prefix.Length + slash)];
            var (files, size) = heads.Skip([.. folder, BehindSlash]);
            if (hidden)
            {
                // A long name is known by its print only; those that share its beginning come before it again.
                hidden = !SHA256.HashData(folder).AsSpan().SequenceEqual(after!.Print);
                continue;
            }

            yield return new FolderEntry { Path = Encoding.UTF8.GetString(folder), FileCount = files, TotalSize = size };
        }
    }

    /// <summary>Its own files, behind one of them.</summary>
    public IEnumerable<FileRef> Files(Cursor.PathMark? after)
    {
        var heads = new Heads(catalog, prefix, From(after));
        var hidden = after is not null;
        while (heads.Path() is { } path)
        {
            var slash = path.AsSpan(prefix.Length).IndexOf(Slash);
            if (slash >= 0)
            {
                heads.Skip([.. path.AsSpan(0, prefix.Length + slash), BehindSlash]);
                continue;
            }

            var file = heads.Take();
            if (hidden && !IsBehind(path, after!, ref hidden))
            {
                continue;
            }

            yield return file;
        }
    }

    /// <summary>All files in it and below it, behind one of them.</summary>
    public IEnumerable<FileRef> AllFiles(Cursor.PathMark? after) => (after?.Behind(catalog) ?? catalog.From(_prefix))
        .TakeWhile(file => file.Path.StartsWith(_prefix, StringComparison.Ordinal));

    /// <summary>Where to begin to read; the beginning of a long path may be shorter than the folder.</summary>
    byte[] From(Cursor.PathMark? after)
    {
        var start = Encoding.UTF8.GetBytes(after?.Start ?? "");
        return start.AsSpan().SequenceCompareTo(prefix) < 0 ? prefix : start;
    }

    /// <summary>Whether a file stands behind the mark at which reading began; the mark's own file is the last that does not.</summary>
    static bool IsBehind(byte[] path, Cursor.PathMark mark, ref bool hidden)
    {
        if (mark.Print.Length == 0)
        {
            hidden = false;
            return !path.AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(mark.Start));
        }

        hidden = !SHA256.HashData(path).AsSpan().SequenceEqual(mark.Print);
        return false;
    }

    /// <summary>A place in each segment of a catalog, within a folder.</summary>
    sealed class Heads
    {
        readonly SegmentView[] _views;
        readonly int[] _at;
        readonly int[] _ends;

        public Heads(PeerCatalog catalog, byte[] prefix, byte[] from)
        {
            byte[] behind = prefix.Length == 0 ? [] : [.. prefix.AsSpan(0, prefix.Length - 1), BehindSlash];
            _views = [.. catalog.Segments];
            _ends = [.. _views.Select(view => behind.Length == 0 ? view.Segment.Count : view.Segment.LowerBound(behind))];
            _at = [.. _views.Select(view => view.NextAlive(view.Segment.LowerBound(from)))];
        }

        int Least { get; set; }

        /// <summary>The next path; null at the end.</summary>
        public byte[]? Path()
        {
            Least = -1;
            for (var i = 0; i < _views.Length; i++)
            {
                if (_at[i] < _ends[i] && (Least < 0 || _views[i].Segment.Compare(_at[i], _views[Least].Segment, _at[Least]) < 0))
                {
                    Least = i;
                }
            }

            return Least < 0 ? null : _views[Least].Segment.PathUtf8(_at[Least]);
        }

        /// <summary>Takes the file whose path that was.</summary>
        public FileRef Take()
        {
            var file = new FileRef(_views[Least].Segment, _at[Least]);
            _at[Least] = _views[Least].NextAlive(_at[Least] + 1);
            return file;
        }

        /// <summary>Goes past the files that lie with that one in the folder and side by side.</summary>
        public void SkipRun()
        {
            var folders = _views[Least].Segment.Folders;
            _at[Least] = _views[Least].NextAlive(folders.First(folders.RunOf(_at[Least]) + 1));
        }

        /// <summary>Goes to the first path that is not below one, and tells what was passed.</summary>
        public (int Files, long Size) Skip(byte[] path)
        {
            var (files, size) = (0, 0L);
            for (var i = 0; i < _views.Length; i++)
            {
                var end = Math.Clamp(_views[i].Segment.LowerBound(path), Math.Min(_at[i], _ends[i]), _ends[i]);
                if (end > _at[i])
                {
                    var (passed, bytes) = _views[i].Between(_at[i], end);
                    (files, size) = (files + passed, size + bytes);
                    _at[i] = _views[i].NextAlive(end);
                }
            }

            return (files, size);
        }
    }
}
