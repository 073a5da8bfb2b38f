using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace P2P.EndToEnd.Tests.Harness;

/// <summary>A directory in a process of its own, on a free port of loopback, with its data in the folder given.</summary>
public sealed partial class RunningDirectory : IAsyncDisposable
{
    static readonly HttpClient Http = new();

    RunningDirectory(OwnProgram program, Uri address)
    {
        Program = program;
        Address = address;
    }

    public OwnProgram Program { get; }

    public Uri Address { get; }

    public string HostAndPort => Address.Authority;

    public static async Task<RunningDirectory> StartAsync(string dataFolder, CancellationToken stop, int port = 0, params string[] more)
    {
        var program = OwnProgram.Start(
            OwnProgram.DirectoryAssembly, ["--urls", $"http://127.0.0.1:{port}", "--data", dataFolder, .. more]);
        try
        {
            var line = await program.WaitForAsync("http://127.0.0.1:", stop);
            return new RunningDirectory(program, new Uri(LoopbackAddress().Match(line).Value));
        }
        catch
        {
            await program.DisposeAsync();
            throw;
        }
    }

    /// <summary>POSTs a body exactly as given, as application/json.</summary>
    public async Task<(int Status, JsonNode Body)> PostAsync(string path, string body, CancellationToken stop, string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Address, path));
        request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        using var response = await Http.SendAsync(request, stop);
        var text = await response.Content.ReadAsStringAsync(stop);
        return ((int)response.StatusCode, JsonNode.Parse(text) ?? throw new InvalidDataException(text));
    }

    /// <summary>The parts of the first hit of a search, once there is one; the index is filled by other processes.</summary>
    public async Task<JsonNode> WaitForHitAsync(string name, CancellationToken stop)
    {
        while (true)
        {
            var (_, body) = await PostAsync("/search", new JsonObject { ["archivo"] = name, ["kind"] = "QUERY_KIND_EXACT" }.ToJsonString(), stop);
            if (body["hits"] is JsonArray { Count: > 0 } hits)
            {
                return hits[0]!;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, stop);
        }
    }

    public ValueTask DisposeAsync() => Program.DisposeAsync();

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+")]
    private static partial Regex LoopbackAddress();
}
