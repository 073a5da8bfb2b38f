using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace P2P.Content;

/// <summary>
/// Tickets as text. There is exactly one text for a ticket and a key: what is read is written again and compared, so that no second
/// spelling of a signed word (base64 with stray bits, another order, a member more) is ever taken for it.
/// </summary>
static class TicketText
{
    const string Algorithm = "ES256";
    const string Upload = "upload";

    // An explicit type (RFC 8725, section 3.11): no other token of the directory can be taken for a ticket.
    const string Type = "p2p-ticket+jwt";
    const int MostKeyIdCharacters = 64;

    /// <summary>Header and claims, as they are signed.</summary>
    public static string Write(string keyId, Ticket ticket) => $"{Encode(Header(keyId))}.{Encode(Claims(ticket))}";

    public static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

    /// <summary>Bytes of base64url without padding and without stray bits.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        if (text.ContainsAny('=', ' ') || !Base64Url.IsValid(text))
            return false;
        bytes = Base64Url.DecodeFromChars(text);
        return text.SequenceEqual(Encode(bytes));
    }

    public static bool TryReadHeader(ReadOnlySpan<char> text, [NotNullWhen(true)] out string? keyId)
    {
        keyId = null;
        if (!TryParse(text, out byte[]? json, out JsonDocument? document))
            return false;
        using (document)
        {
            keyId = Text(document.RootElement, "kid");
        }

        return keyId is { Length: > 0 and <= MostKeyIdCharacters } && json.AsSpan().SequenceEqual(Header(keyId));
    }

    public static bool TryReadClaims(ReadOnlySpan<char> text, [NotNullWhen(true)] out Ticket? ticket)
    {
        ticket = null;
        if (!TryParse(text, out byte[]? json, out JsonDocument? document))
            return false;
        using (document)
        {
            ticket = Read(document.RootElement);
        }

        if (ticket is null || !json.AsSpan().SequenceEqual(Claims(ticket)))
            ticket = null;
        return ticket is not null;
    }

    static byte[] Header(string keyId) => Json(writer =>
    {
        writer.WriteString("alg", Algorithm);
        writer.WriteString("kid", keyId);
        writer.WriteString("typ", Type);
    });

    static byte[] Claims(Ticket ticket) => Json(writer =>
    {
        writer.WriteString("iss", Ticket.Issuer);
        writer.WriteString("aud", ticket.Audience);
        writer.WriteString("sub", ticket.Subject);
        writer.WriteString("root", ticket.Content.Root.ToString());
        writer.WriteNumber("length", ticket.Content.Length);
        writer.WriteString("jti", ticket.Nonce);
        writer.WriteNumber("iat", ticket.Issued.ToUnixTimeSeconds());
        writer.WriteNumber("exp", ticket.Expires.ToUnixTimeSeconds());
        if (ticket.ForUpload)
            writer.WriteString("use", Upload);
        if (ticket.User is { } user)
            writer.WriteString("user", user);
    });

    static byte[] Json(Action<Utf8JsonWriter> members)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(512);
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        members(writer);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out byte[]? json, [NotNullWhen(true)] out JsonDocument? document)
    {
        document = null;
        if (!TryDecode(text, out json))
            return false;
        try
        {
            document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 2 });
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    static Ticket? Read(JsonElement claims)
    {
        bool good = Text(claims, "aud") is { Length: > 0 } & Text(claims, "sub") is { Length: > 0 }
            & ContentRoot.TryParse(Text(claims, "root"), out ContentRoot root)
            & Number(claims, "length", out long length) & Text(claims, "jti") is { Length: Ticket.NonceLength }
            & Time(claims, "iat", out DateTimeOffset issued) & Time(claims, "exp", out DateTimeOffset expires);
        var content = new ContentId(root, length);
        return good && content.IsValid
            ? new Ticket(Text(claims, "aud")!, Text(claims, "sub")!, content, Text(claims, "jti")!, issued, expires, Text(claims, "use") == Upload, Text(claims, "user"))
            : null;
    }

    static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? Unescaped(value)
            : null;

    // A lone surrogate is JSON, and no string.
    static string? Unescaped(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    static bool Number(JsonElement element, string name, out long number)
    {
        number = 0;
        return element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value)
            && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out number);
    }

    static bool Time(JsonElement element, string name, out DateTimeOffset time)
    {
        time = default;
        bool good = Number(element, name, out long seconds) && seconds is >= 0 and <= uint.MaxValue;
        if (good)
            time = DateTimeOffset.FromUnixTimeSeconds(seconds);
        return good;
    }
}
