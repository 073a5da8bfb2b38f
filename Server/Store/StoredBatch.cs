using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Store;

/// <summary>A batch of a peer's catalog as a message, as the record that is stored, or both: each is made from the other when it is first asked for.</summary>
sealed class StoredBatch : IEquatable<StoredBatch>
{
    readonly Lazy<PublishRequest> _message;
    readonly Lazy<byte[]> _record;

    StoredBatch(Lazy<PublishRequest> message, Lazy<byte[]> record)
    {
        _message = message;
        _record = record;
    }

    /// <summary>The batch.</summary>
    /// <exception cref="StoreUnusableException">The record is damaged.</exception>
    public PublishRequest Message => _message.Value;

    public byte[] Record => _record.Value;

    public static StoredBatch Of(PublishRequest message) => new(new Lazy<PublishRequest>(message), new Lazy<byte[]>(() => BatchRecord.Write(message)));

    public static StoredBatch Of(byte[] record) => new(new Lazy<PublishRequest>(() => Read(record)), new Lazy<byte[]>(record));

    public bool Equals(StoredBatch? other) => other is not null && Message.Equals(other.Message);

    public override bool Equals(object? obj) => Equals(obj as StoredBatch);

    public override int GetHashCode() => Message.GetHashCode();

    static PublishRequest Read(byte[] record)
    {
        try
        {
            return BatchRecord.Read(record);
        }
        catch (InvalidDataException damage)
        {
            throw new StoreUnusableException("The store holds a batch of files that is damaged. Start from a backup.", damage);
        }
    }
}
