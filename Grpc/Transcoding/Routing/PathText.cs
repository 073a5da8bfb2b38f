namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Routing;

/// <summary>Percent-decoding, once, of a path as it came over the wire.</summary>
static class PathText
{
    static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// Decodes all escapes, or with <paramref name="keepSlashes"/> all but %2F (what a variable of several segments needs, so that a
    /// slash within a segment can be told from one between two). False for a broken escape, NUL, or bytes that are not UTF-8.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<char> text, bool keepSlashes, out string decoded)
    {
        if (!text.Contains('%'))
        {
            decoded = text.ToString();
            return true;
        }
        var bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        try
        {
            var isSound = PercentCodec.TryDecode(text, bytes, out var length, keepSlashes);
            decoded = isSound ? Strict.GetString(bytes, 0, length) : "";
            return isSound;
        }
        catch (DecoderFallbackException)
        {
            decoded = "";
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>
    /// The segments of a raw path (what follows its first slash), with "." and ".." resolved, encoded or not, as the server resolves
    /// them in the path that other middleware sees.
    /// </summary>
    public static string[] Split(ReadOnlySpan<char> path)
    {
        var segments = path[1..].ToString().Split('/');
        return Array.Exists(segments, segment => IsDot(segment) || IsDotDot(segment)) ? Resolve(segments) : segments;
    }

    static string[] Resolve(string[] segments)
    {
        var kept = new List<string>(segments.Length);
        foreach (var segment in segments)
        {
            if (IsDotDot(segment))
            {
                kept.RemoveRange(Math.Max(kept.Count - 1, 0), Math.Min(kept.Count, 1));
            }
            else if (!IsDot(segment))
            {
                kept.Add(segment);
            }
        }
        if (IsDot(segments[^1]) || IsDotDot(segments[^1]))
        {
            kept.Add("");
        }
        return [.. kept];
    }

    static bool IsDot(string segment) => segment is "." || segment.Equals("%2e", StringComparison.OrdinalIgnoreCase);

    static bool IsDotDot(string segment) =>
        segment.Length is >= 2 and <= 6 && segment.Replace("%2e", ".", StringComparison.OrdinalIgnoreCase) == "..";
}
