namespace Grpc.Tests.Fuzz;

/// <summary>
/// A gRPC request over HTTP/2. A line of a corpus is its parts separated by tabs: path, headers (name: value|name: value), body in
/// base64.
/// </summary>
/// <param name="Call">The path of the request that it was made from.</param>
sealed record GrpcRequest(string Call, string Path, string[] Headers, byte[] Body)
{
    public static GrpcRequest Parse(string line)
    {
        var parts = line.Split('\t');
        return new(parts[0], parts[0], parts[1].Split('|', StringSplitOptions.RemoveEmptyEntries), Convert.FromBase64String(parts[2]));
    }

    public string? Header(string name) => Headers.FirstOrDefault(header => header.StartsWith(name + ": ", StringComparison.Ordinal))?[(name.Length + 2)..];

    public override string ToString() => string.Join('\t', Path, string.Join('|', Headers), Convert.ToBase64String(Body));
}
