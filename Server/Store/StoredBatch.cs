using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;

namespace P2P.Server.Store;

/// <summary>A batch of a peer's catalog as the record that is stored, which is made when it is first asked for.</summary>
sealed class StoredBatch : IEquatable<StoredBatch>
{
    readonly Lazy<byte[]> _record;

    StoredBatch(Lazy<byte[]> record) => _record = record;

    /// <summary>The batch as a message.</summary>
    /// <exception cref="StoreUnusableException">The record is damaged.</exception>
    public PublishRequest Message => Read(BatchRecord.Read);

    public byte[] Record => _record.Value;

    public static StoredBatch Of(PublishRequest message) => new(new Lazy<byte[]>(() => BatchRecord.Write(message)));

    public static StoredBatch Of(PublishedBatch batch) => new(new Lazy<byte[]>(() => BatchRecord.Write(batch)));

    public static StoredBatch Of(byte[] record) => new(new Lazy<byte[]>(record));

    /// <summary>The batch as the directory works with it.</summary>
    /// <exception cref="StoreUnusableException">The record is damaged.</exception>
    public PublishedBatch Open() => Read(BatchRecord.Open);

    public bool Equals(StoredBatch? other) => other is not null && Message.Equals(other.Message);

    public override bool Equals(object? obj) => Equals(obj as StoredBatch);

    public override int GetHashCode() => Message.GetHashCode();

    T Read<T>(Func<byte[], T> read)
    {
        try
        {
            return read(Record);
        }
        catch (InvalidDataException damage)
        {
            throw new StoreUnusableException("The store holds a batch of files that is damaged. Start from a backup.", damage);
        }
    }
}
