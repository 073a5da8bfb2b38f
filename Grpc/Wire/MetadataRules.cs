namespace Grpc.Wire;

/// <summary>Which HTTP headers are metadata, and how one becomes the other.</summary>
static class MetadataRules
{
    static readonly SearchValues<char> s_keyCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    /// <summary>True for headers of the protocol itself: hidden from applications, and not theirs to send.</summary>
    public static bool IsReserved(string name) => name.StartsWith(':') || IsOneOf(
        name, GrpcHeaders.Encoding, GrpcHeaders.AcceptEncoding, GrpcHeaders.Timeout,
        "content-type", "content-encoding", "te", "host", "accept-encoding");

    /// <summary>True for the two trailers that carry the status; they are no metadata in trailers.</summary>
    public static bool IsStatus(string name) => IsOneOf(name, GrpcHeaders.Status, GrpcHeaders.Message);

    /// <summary>
    /// Adds one header to the metadata, unless it is reserved or its name cannot be a metadata key. A <c>-bin</c>
    /// header may hold several values joined by commas; each becomes an entry.
    /// </summary>
    /// <returns>False when a <c>-bin</c> value is not base64; what came before it has been added.</returns>
    public static bool TryAdd(Metadata target, string name, string value)
    {
        if (name.Length == 0 || IsReserved(name) || name.AsSpan().ContainsAnyExcept(s_keyCharacters))
        {
            return true;
        }

        if (!name.EndsWith(Metadata.BinaryHeaderSuffix, StringComparison.OrdinalIgnoreCase))
        {
            target.Add(name, value);
            return true;
        }

        foreach (var range in value.AsSpan().Split(','))
        {
            if (!BinaryMetadata.TryDecode(value.AsSpan(range).Trim(), out var bytes))
            {
                return false;
            }

            target.Add(name, bytes);
        }

        return true;
    }

    /// <summary>The header value of an entry.</summary>
    public static string HeaderValue(Metadata.Entry entry) =>
        entry.IsBinary ? BinaryMetadata.Encode(entry.ValueBytes) : entry.Value;

    static bool IsOneOf(string name, params ReadOnlySpan<string> names)
    {
        foreach (var known in names)
        {
            if (known.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }
        return false;
    }
}
