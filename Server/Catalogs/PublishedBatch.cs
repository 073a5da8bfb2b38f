using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Catalogs;

/// <summary>A batch as the directory works with it: no objects a file, but the columns in which files stay.</summary>
/// <param name="Files">The files that are new or have changed.</param>
/// <param name="Rest">The message without them.</param>
/// <param name="Bytes">How long the message is in protobuf.</param>
sealed record PublishedBatch(Segment Files, PublishRequest Rest, int Bytes)
{
    /// <summary>Its entries in the log of a list, and one for itself.</summary>
    public long Entries => 1L + Files.Count + Rest.Removes.Count + Rest.Access.Count;

    /// <summary>A batch of a message, whether its files stand in it or were put into columns when it was read.</summary>
    public static PublishedBatch Of(PublishRequest message) =>
        message.Columns as PublishedBatch ?? new PublishedBatch(SegmentBuilder.Build(message.Upserts), WithoutFiles(message), message.CalculateSize());

    static PublishRequest WithoutFiles(PublishRequest message) => new()
    {
        CatalogId = message.CatalogId,
        Sequence = message.Sequence,
        Replace = message.Replace,
        Removes = { message.Removes },
        Access = { message.Access },
    };
}
