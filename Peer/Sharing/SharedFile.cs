using P2P.Content;

namespace P2P.Peers.Sharing;

/// <summary>A file that is shared: its bytes were read and hashed while it was in the state of the stamp.</summary>
/// <param name="Folder">The shared folder.</param>
/// <param name="Path">Shared path: `label/relative/path`.</param>
/// <param name="Content">Root and length.</param>
/// <param name="Stamp">State of the file when it was hashed.</param>
/// <param name="Executable">Whether its owner may execute it.</param>
sealed record SharedFile(SharedFolder Folder, string Path, ContentId Content, FileStamp Stamp, bool Executable)
{
    /// <summary>Path below the shared folder.</summary>
    public string Relative => Path[(Folder.Label.Length + 1)..];

    /// <summary>Base name.</summary>
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>Modification time, in the resolution of <see cref="DateTimeOffset"/>.</summary>
    public DateTimeOffset Modified => DateTimeOffset.UnixEpoch.AddTicks(Stamp.Modified / 100);

    /// <summary>Whether others see no difference.</summary>
    public bool LooksLike(SharedFile other) =>
        Content == other.Content && Stamp.Modified == other.Stamp.Modified && Executable == other.Executable;
}
