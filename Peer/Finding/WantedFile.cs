using P2P.Content;
using P2P.Peers.Dialing;

namespace P2P.Peers.Finding;

/// <summary>A file to fetch.</summary>
/// <param name="Content">What it is.</param>
/// <param name="Path">Where it goes, relative, each component sanitised.</param>
/// <param name="Sources">Peers that have it, as far as they are known already.</param>
public sealed record WantedFile(ContentId Content, string Path, IReadOnlyList<SourcePeer> Sources)
{
    /// <summary>Last modification; null if it is not known.</summary>
    public DateTimeOffset? Time { get; init; }

    public bool Executable { get; init; }

    /// <summary>It stands for a folder with nothing in it, the one before its last component.</summary>
    public bool IsEmptyFolder =>
        Content == ContentId.Empty && System.IO.Path.GetFileName(Path) == SharedPath.EmptyFolderName && System.IO.Path.GetDirectoryName(Path) is { Length: > 0 };

    /// <summary>The directory may know more sources.</summary>
    public bool MoreSources { get; init; }
}
