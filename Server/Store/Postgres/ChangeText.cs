using System.Text.Json;
using System.Text.Json.Serialization;
using Google.Protobuf;
using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Store.Postgres;

/// <summary>Changes as JSON: how the table of facts and the log keep them. The kind is the record's name.</summary>
static class ChangeText
{
    static readonly Dictionary<string, Type> Kinds = typeof(StoreChange).Assembly.GetTypes()
        .Where(type => type.BaseType == typeof(StoreChange))
        .ToDictionary(type => type.Name, StringComparer.Ordinal);

    static readonly JsonSerializerOptions Options = new()
    {
        Converters = { new MessageText<PeerInfo>(PeerInfo.Parser), new MessageText<PublishRequest>(PublishRequest.Parser) },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static string Kind(StoreChange change) => change.GetType().Name;

    public static string Write(StoreChange change) => JsonSerializer.Serialize(change, change.GetType(), Options);

    /// <exception cref="StoreUnusableException">Not written by a program that this one understands.</exception>
    public static StoreChange Read(string kind, string text)
    {
        try
        {
            return Kinds.TryGetValue(kind, out var type) && JsonSerializer.Deserialize(text, type, Options) is StoreChange change
                ? change
                : throw new StoreUnusableException($"The store holds a '{kind}', which this program does not know. Start the newer program.");
        }
        catch (Exception damage) when (damage is JsonException or InvalidProtocolBufferException or FormatException)
        {
            throw new StoreUnusableException($"A '{kind}' in the store cannot be read.", damage);
        }
    }

    /// <summary>A message of the contract as the base64 of its bytes: those are what stays compatible.</summary>
    sealed class MessageText<T>(MessageParser<T> parser) : JsonConverter<T>
        where T : IMessage<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            parser.ParseFrom(reader.GetBytesFromBase64());

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            writer.WriteBase64StringValue(value.ToByteArray());
    }
}
