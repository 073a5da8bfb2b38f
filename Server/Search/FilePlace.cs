using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;

namespace P2P.Server.Search;

/// <summary>The last file of a page of a search by peer and path.</summary>
/// <param name="IsGuess">It was found with typing errors forgiven.</param>
sealed record FilePlace(string PeerId, Cursor.PathMark Path, bool IsGuess)
{
    public static FilePlace Of(in FoundFile file) => new(file.Peer.PeerId, Cursor.PathMark.Of(file.File.Path), file.Match == MatchKind.Fuzzy);

    public void Write(BinaryWriter writer)
    {
        writer.Write(PeerId);
        Cursor.Write(writer, Path);
        writer.Write(IsGuess);
    }

    public static FilePlace Read(BinaryReader reader) => new(reader.ReadString(), Cursor.ReadPath(reader), reader.ReadBoolean());
}
