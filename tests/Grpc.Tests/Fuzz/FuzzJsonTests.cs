using System.Net;
using System.Text;
using System.Text.Json;

namespace Grpc.Tests.Fuzz;

/// <summary>Mutated JSON requests over real HTTP. <c>P2P_FUZZ=1000000</c> sends a million, twice.</summary>
public sealed class FuzzJsonTests
{
    const int Workers = 4;
    const int Seed = 1;

    [Fact]
    public async Task Json_MutatedRequests_AreAnsweredInOrder()
    {
        var token = TestContext.Current.CancellationToken;
        var corpus = (await File.ReadAllLinesAsync(Path.Join(AppContext.BaseDirectory, "Fuzz", "json-corpus.txt"), token))
            .Where(line => line.Length > 0 && line[0] != '#').Select(JsonRequest.Parse).ToList();
        await using var host = await FuzzHost.StartAsync(token);
        using var target = new JsonTarget(host.Http1);

        await FuzzSize.RunAsync(new FuzzRunner<JsonRequest>(corpus, new JsonMutator(corpus).Mutate, target, Workers), host, Seed, token);
    }

    sealed class JsonTarget(IPEndPoint server) : IFuzzTarget<JsonRequest>, IDisposable
    {
        readonly RawHttp[] _connections = [.. Enumerable.Range(0, Workers).Select(_ => new RawHttp(server))];

        public async Task<FuzzAnswer> SendAsync(int worker, JsonRequest input, CancellationToken cancellationToken)
        {
            var isHead = input.Method == "HEAD";
            if (await _connections[worker].SendAsync(input.ToBytes(), isHead, cancellationToken) is not { } answer)
            {
                return new(input.Call, "closed", false, "the connection was closed without an answer");
            }
            var code = Code(answer);
            var text = code is null ? $"{answer.Status}" : $"{answer.Status} ({code})";
            return new(input.Call, text, answer.Headers.ContainsKey(FuzzHost.ReachedHeader), isHead ? null : Fault(input, answer, code));
        }

        public void Dispose() => Array.ForEach(_connections, connection => connection.Dispose());

        // The code of a Status, or null for what is none.
        static int? Code(RawAnswer answer)
        {
            if (answer.Status < 400 || answer.Headers.GetValueOrDefault("content-type") != "application/json" || answer.Body.Length == 0)
            {
                return null;
            }
            using var status = JsonDocument.Parse(answer.Body);
            return status.RootElement.GetProperty("code").GetInt32();
        }

        static string? Fault(JsonRequest input, RawAnswer answer, int? code)
        {
            // Kestrel answers what is no HTTP itself, and hangs up.
            var isKestrels = answer.Status is 400 or 405 or 411 or 414 or 431 or 505 && answer.Body.Length == 0 && answer.Headers.GetValueOrDefault("connection") == "close";
            // What goes there comes back as it is, with its type.
            var isRaw = input.Call == "POST /v1/echo";
            // Of the failures that are the server's own, a call that is not built and a deadline may come up.
            return !answer.IsWhole ? "the answer is cut off"
                : answer.Status >= 500 && code is not (4 or 12) ? "the server failed"
                : answer.Status >= 400 && code is null && !isKestrels ? "the failure has no Status"
                : code is not null && NamesCode(Encoding.UTF8.GetString(answer.Body)) ? "the failure names what is inside"
                : answer.Status == 200 && !isRaw && answer.Headers.GetValueOrDefault("content-type") == "application/json" && !IsJson(answer.Body) ? "the answer is no JSON"
                : null;
        }

        static bool NamesCode(string text) =>
            text.Contains("System.", StringComparison.Ordinal) || text.Contains("Exception", StringComparison.Ordinal) || text.Contains("Microsoft", StringComparison.Ordinal);

        static bool IsJson(byte[] text)
        {
            try
            {
                JsonDocument.Parse(text, new() { MaxDepth = 1000 }).Dispose();
                return true;
            }
            catch (JsonException)
            {
                return false;
            }
        }
    }
}
