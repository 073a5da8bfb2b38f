using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;

namespace P2P.Content;

/// <summary>How the end of a download went.</summary>
public enum FinishResult
{
    /// <summary>The file is whole, under its name, and on the disk.</summary>
    Done,

    /// <summary>Something has the name already; the part stays, and can be finished under another name.</summary>
    NameTaken,

    /// <summary>The bytes on the disk are not those that were written; the pieces concerned are missing again.</summary>
    Damaged,
}

/// <summary>What the finished file gets beside its bytes.</summary>
/// <param name="Modified">Modification time; null for now.</param>
/// <param name="Executable">Whether its owner may execute it.</param>
/// <param name="SyncFolder">False where the caller syncs the folder itself, once for many files.</param>
/// <param name="Replace">Take the place of a file that has the name, in one step: the name stands for the old file or the new one, never for none.</param>
public sealed record FinishOptions(DateTimeOffset? Modified = null, bool Executable = false, bool SyncFolder = true, bool Replace = false)
{
    internal void ApplyTo(SafeFileHandle file)
    {
        if (Executable && !OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, File.GetUnixFileMode(file) | UnixFileMode.UserExecute);
        if (Modified is { } modified)
            File.SetLastWriteTimeUtc(file, modified.UtcDateTime);
    }
}

/// <summary>
/// A download under way: verified bytes go in at any offset and by several threads, survive a kill by the piece, and become
/// the file only when it is whole.
/// </summary>
/// <remarks>
/// 1. <see cref="Write"/> puts verified blocks into the part file.
/// 2. <see cref="Commit"/> journals a piece of which all blocks were written.
/// 3. <see cref="FinishAsync"/>: check the pieces together, sync the file, rename it to a name that is free, sync the folder, delete
/// the journal. A stop between any two steps leaves either a part to go on with or the whole file.
/// </remarks>
public sealed class PartFile : IDisposable
{
    readonly PartNames _names;
    readonly SafeFileHandle _file;
    readonly PieceBook _book;
    readonly Lock _lock = new();

    // The kernel lets one write of a file follow the other, and has the second processor spin meanwhile.
    readonly Lock _writing = new();
    PieceJournal? _journal;

    PartFile(PartNames names, ContentId content, SafeFileHandle file, PieceJournal? journal)
    {
        Content = content;
        Geometry = new PieceGeometry(content.Length);
        _names = names;
        _file = file;
        _journal = journal;
        _book = new PieceBook(Geometry);
    }

    public ContentId Content { get; }

    /// <summary>Where the part lies.</summary>
    public string Path => _names.Part;

    public PieceGeometry Geometry { get; }

    /// <summary>Pieces committed, of <see cref="PieceGeometry.PieceCount"/>.</summary>
    public long Pieces
    {
        get
        {
            lock (_lock)
                return _book.Count;
        }
    }

    // Told before each step that changes the disk; tests stop the world there.
    internal Action<PartStep>? OnStep { get; set; }

    /// <summary>Opens what there is of a download, or begins it.</summary>
    /// <param name="target">Where the finished file will be; its folder exists.</param>
    /// <param name="content">What it will be.</param>
    /// <param name="progress">Told the bytes that were hashed again, after a reboot.</param>
    /// <param name="cancellationToken">Stops that hashing.</param>
    /// <exception cref="IOException">Another download of it is under way, or the disk refused or has no room.</exception>
    public static async Task<PartFile> OpenAsync(
        string target, ContentId content, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        if (!content.IsValid)
            throw new ArgumentException("No content has this root and length.", nameof(content));
        PartNames names = PartNames.For(target, content);
        SafeFileHandle file = File.OpenHandle(names.Part, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        try
        {
            bool whole = RandomAccess.GetLength(file) == content.Length;
            JournalSubject subject = new(content, new PieceGeometry(content.Length).PieceSize);
            (IReadOnlyList<JournalRecord> records, bool believed) = ([], false);
            PieceJournal? journal = whole ? PieceJournal.Open(names.Journal, subject, FileStamp.Of(file), out records, out believed) : null;
            PartFile part = new(names, content, file, journal);
            if (!whole)
                Disk.Reserve(file, content.Length);
            if (believed)
                part._book.Believe(records);
            else
                await Task.Run(() => part.CheckAgain(records, progress, cancellationToken), cancellationToken).ConfigureAwait(false);
            return part;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public bool Has(long piece)
    {
        lock (_lock)
            return _book.Has(piece);
    }

    /// <summary>Writes verified bytes: whole blocks, the last of the content may be short.</summary>
    /// <exception cref="IOException">The disk refused; nothing of the call counts as written.</exception>
    public void Write(long offset, ReadOnlySpan<byte> verified)
    {
        _book.RequireBlocks(offset, verified.Length);
        OnStep?.Invoke(PartStep.Write);
        lock (_writing)
            RandomAccess.Write(_file, verified, offset);
        lock (_lock)
            _book.Written(offset, verified.Length);
    }

    /// <summary>Journals a piece, after which a kill does not lose it and <see cref="Read"/> serves it.</summary>
    /// <param name="piece">All of its blocks were written.</param>
    /// <param name="hash">Its node in the tree, at <see cref="PieceGeometry.PieceLevel"/>.</param>
    /// <exception cref="InvalidOperationException">Some of its blocks were not written.</exception>
    public void Commit(long piece, ContentRoot hash)
    {
        lock (_lock)
        {
            if (_book.Has(piece))
                return;
            _book.RequireWritten(piece);
            OnStep?.Invoke(PartStep.Journal);
            // A single piece gets no journal: it is finished at once, or fetched again.
            if (Geometry.PieceCount > 1)
                (_journal ??= CreateJournal()).Append(new JournalRecord(piece, hash));
            _book.Take([new JournalRecord(piece, hash)]);
        }
    }

    /// <summary>Reads bytes of committed pieces, to serve them to others. They have not been verified since.</summary>
    /// <returns>False if not all of them are committed, or the file is shorter than that.</returns>
    public bool Read(long offset, Span<byte> destination)
    {
        (long first, long end) = Geometry.PiecesOf(offset, destination.Length);
        lock (_lock)
        {
            for (long piece = first; piece < end; piece++)
            {
                if (!_book.Has(piece))
                    return false;
            }
        }

        for (int read; destination.Length > 0; offset += read, destination = destination[read..])
        {
            read = RandomAccess.Read(_file, destination, offset);
            if (read == 0)
                return false;
        }

        return true;
    }

    /// <summary>Makes the file of the part, once all pieces are committed. Afterwards the part is only to be disposed.</summary>
    /// <exception cref="IOException">The disk refused; the part stays as it is.</exception>
    /// <exception cref="InvalidOperationException">Pieces are missing.</exception>
    public async Task<FinishResult> FinishAsync(FinishOptions options, int threads, CancellationToken cancellationToken)
    {
        if (Pieces != Geometry.PieceCount)
            throw new InvalidOperationException("Pieces are missing.");
        if (!await Task.Run(() => Check(threads, cancellationToken), cancellationToken).ConfigureAwait(false))
            return FinishResult.Damaged;
        options.ApplyTo(_file);
        OnStep?.Invoke(PartStep.SyncFile);
        Disk.Flush(_file);
        OnStep?.Invoke(PartStep.Rename);
        if (options.Replace)
            File.Move(_names.Part, _names.Target, overwrite: true);
        else if (!Disk.TryMoveNew(_names.Part, _names.Target))
            return FinishResult.NameTaken;
        OnStep?.Invoke(PartStep.SyncFolder);
        if (options.SyncFolder)
            Disk.FlushFolder(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(_names.Target))!);
        OnStep?.Invoke(PartStep.DeleteJournal);
        DeleteJournal();
        // Others may open the file from now on.
        Dispose();
        return FinishResult.Done;
    }

    /// <summary>Gives the download up: deletes part and journal.</summary>
    public void Discard()
    {
        File.Delete(_names.Part);
        DeleteJournal();
    }

    public void Dispose()
    {
        _journal?.Dispose();
        _file.Dispose();
    }

    PieceJournal CreateJournal() =>
        PieceJournal.Create(_names.Journal, new JournalSubject(Content, Geometry.PieceSize), FileStamp.Of(_file));

    void DeleteJournal()
    {
        _journal?.Dispose();
        _journal = null;
        File.Delete(_names.Journal);
    }

    // After a reboot, or with another part file than the journal knew: each piece must still have its hash. The journal is
    // begun anew with those that do, as of this boot.
    void CheckAgain(IReadOnlyList<JournalRecord> records, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        _journal?.Dispose();
        _journal = null;
        List<JournalRecord> good = [];
        foreach (JournalRecord record in records.DistinctBy(r => r.Piece))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (FileHasher.HashPiece(_file, Geometry, record.Piece, progress, cancellationToken) == record.Hash)
                good.Add(record);
        }

        ReplaceJournal(good);
    }

    // What this process verified and wrote is not read again. Pieces that were taken from a journal on trust are, for anyone may
    // have written to the file meanwhile; and all pieces together must be the content.
    bool Check(int threads, CancellationToken cancellationToken)
    {
        ConcurrentBag<long> wrong = [];
        ParallelOptions several = new() { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken };
        Parallel.ForEach(_book.Believed, several, record =>
        {
            if (FileHasher.HashPiece(_file, Geometry, record.Piece, null, cancellationToken) != record.Hash)
                wrong.Add(record.Piece);
        });
        lock (_lock)
        {
            bool whole = RandomAccess.GetLength(_file) == Content.Length;
            if (wrong.IsEmpty && whole && _book.Root == Content.Root)
                return true;
            // All pieces as committed, and yet not the content: then what was committed was not verified, and nothing stays.
            ReplaceJournal(wrong.IsEmpty ? [] : [.. _book.Records.Where(r => !wrong.Contains(r.Piece))]);
            if (!whole)
                RandomAccess.SetLength(_file, Content.Length);
            return false;
        }
    }

    void ReplaceJournal(List<JournalRecord> records)
    {
        DeleteJournal();
        _book.Clear();
        _book.Take(records);
        if (records.Count == 0)
            return;
        _journal = CreateJournal();
        foreach (JournalRecord record in records)
            _journal.Append(record);
    }
}

enum PartStep
{
    Write,
    Journal,
    SyncFile,
    Rename,
    SyncFolder,
    DeleteJournal,
}
