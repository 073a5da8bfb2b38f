using System.Text;

namespace Grpc.Tests.Fuzz;

/// <summary>
/// A request by JSON over HTTP/1.1. A line of a corpus is its parts separated by tabs: method, target, headers (name: value|name: value),
/// body, with ␊ for a line feed.
/// </summary>
/// <param name="Call">The method and path of the request that it was made from.</param>
sealed record JsonRequest(string Call, string Method, string Target, string[] Headers, byte[] Body)
{
    public static JsonRequest Parse(string line)
    {
        var parts = line.Split('\t');
        var body = parts.Length > 3 ? parts[3].Replace('␊', '\n') : "";
        return new($"{parts[0]} {parts[1].Split('?')[0]}", parts[0], parts[1], parts.Length > 2 ? parts[2].Split('|', StringSplitOptions.RemoveEmptyEntries) : [], Encoding.UTF8.GetBytes(body));
    }

    /// <summary>The bytes on the wire. The framing is right, whatever else is not.</summary>
    public byte[] ToBytes()
    {
        var head = new StringBuilder().Append(Method).Append(' ').Append(Target).Append(" HTTP/1.1\r\nHost: x\r\n");
        foreach (var header in Headers)
        {
            head.Append(header).Append("\r\n");
        }
        if (Body.Length > 0 || Method is "POST" or "PUT" or "PATCH")
        {
            head.Append("Content-Length: ").Append(Body.Length).Append("\r\n");
        }
        return [.. Encoding.UTF8.GetBytes(head.Append("\r\n").ToString()), .. Body];
    }

    public override string ToString() =>
        string.Join('\t', Method, Target, string.Join('|', Headers), Encoding.Latin1.GetString(Body).Replace('\n', '␊')) + $"\n  base64 of the body: {Convert.ToBase64String(Body)}";
}
