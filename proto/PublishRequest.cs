namespace P2P.Contracts.DirectoryV1;

public sealed partial class PublishRequest
{
    /// <summary>
    /// Whoever reads the message from the wire may leave its files out and put here what it made of them. It is no part of the message: copies,
    /// comparisons and what is written do not know of it.
    /// </summary>
    public object? Columns { get; set; }
}
