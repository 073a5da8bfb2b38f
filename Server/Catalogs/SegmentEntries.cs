using System.Collections;
using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Catalogs;

/// <summary>
/// A segment's files as messages, made when they are asked for: what is kept for later is a few arrays, and not thousands of objects that
/// every collection of garbage has to look at.
/// </summary>
sealed class SegmentEntries(Segment segment) : IReadOnlyList<FileEntry>
{
    public int Count => segment.Count;

    public FileEntry this[int index] => new FileRef(segment, index).ToEntry();

    public IEnumerator<FileEntry> GetEnumerator() => Enumerable.Range(0, Count).Select(index => this[index]).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
