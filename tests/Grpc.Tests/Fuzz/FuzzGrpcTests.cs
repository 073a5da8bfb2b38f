using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using Grpc.Core;

namespace Grpc.Tests.Fuzz;

/// <summary>Mutated gRPC requests over real HTTP/2. <c>P2P_FUZZ=1000000</c> sends a million, twice.</summary>
public sealed class FuzzGrpcTests
{
    const int Workers = 8;
    const int Seed = 7;

    [Fact]
    public async Task Grpc_MutatedRequests_GetTheStatusThatTheyDeserve()
    {
        var token = TestContext.Current.CancellationToken;
        var corpus = (await File.ReadAllLinesAsync(Path.Join(AppContext.BaseDirectory, "Fuzz", "grpc-corpus.txt"), token))
            .Where(line => line.Length > 0 && line[0] != '#').Select(GrpcRequest.Parse).ToList();
        await using var host = await FuzzHost.StartAsync(token);
        using var target = new GrpcTarget(host.Http2);

        await FuzzSize.RunAsync(new FuzzRunner<GrpcRequest>(corpus, new GrpcMutator(corpus).Mutate, target, Workers), host, Seed, token);
    }

    sealed class GrpcTarget(IPEndPoint server) : IFuzzTarget<GrpcRequest>, IDisposable
    {
        readonly HttpClient _http = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false });

        public async Task<FuzzAnswer> SendAsync(int worker, GrpcRequest input, CancellationToken cancellationToken)
        {
            using var request = ToMessage(input);
            try
            {
                using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
                var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
                var isReached = response.Headers.Contains(FuzzHost.ReachedHeader);
                if (response.StatusCode != HttpStatusCode.OK)
                {
                    return new(input.Call, $"HTTP {(int)response.StatusCode}", isReached, FaultOf(input, response.StatusCode));
                }
                var code = Code(response);
                return new(input.Call, code?.ToString() ?? "no status", isReached, FaultOf(input, code, body));
            }
            catch (Exception exception) when (exception is HttpRequestException or HttpIOException)
            {
                // A deadline that passes at once may end in a reset.
                var isExpired = Timeout(input) is not null && exception.ToString().Contains("CANCEL", StringComparison.Ordinal);
                return new(input.Call, "reset", false, isExpired ? null : $"the call ended with {exception.GetBaseException().Message}");
            }
        }

        public void Dispose() => _http.Dispose();

        HttpRequestMessage ToMessage(GrpcRequest input)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, $"http://{server}{input.Path}")
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new ByteArrayContent(input.Body),
            };
            foreach (var header in input.Headers.DistinctBy(header => header[..header.IndexOf(':', StringComparison.Ordinal)]))
            {
                var colon = header.IndexOf(':', StringComparison.Ordinal);
                if (!request.Headers.TryAddWithoutValidation(header[..colon], header[(colon + 2)..]))
                {
                    request.Content.Headers.TryAddWithoutValidation(header[..colon], header[(colon + 2)..]);
                }
            }
            return request;
        }

        static StatusCode? Code(HttpResponseMessage response) =>
            response.Headers.TryGetValues("grpc-status", out var values) || response.TrailingHeaders.TryGetValues("grpc-status", out values)
                ? (StatusCode)int.Parse(values.Single(), CultureInfo.InvariantCulture)
                : null;

        static string? FaultOf(GrpcRequest input, HttpStatusCode status)
        {
            var type = input.Header("content-type")?.ToLowerInvariant() ?? "";
            var isGrpc = type is "application/grpc" || type.StartsWith("application/grpc+", StringComparison.Ordinal) || type.StartsWith("application/grpc;", StringComparison.Ordinal);
            return !isGrpc && status is HttpStatusCode.UnsupportedMediaType or HttpStatusCode.NotFound ? null : "HTTP alone was answered";
        }

        static string? FaultOf(GrpcRequest input, StatusCode? code, byte[] body)
        {
            if (code is null)
            {
                return "the answer has no status";
            }
            if (!IsFramed(body))
            {
                return "the answer is no run of messages";
            }
            if (code is StatusCode.DeadlineExceeded && Timeout(input) is not null)
            {
                return null;
            }
            return GrpcOracle.IsDue(input, code.Value) ? null : $"{GrpcOracle.Expect(input) ?? StatusCode.OK} was due";
        }

        static string? Timeout(GrpcRequest input) => input.Header("grpc-timeout");

        static bool IsFramed(ReadOnlySpan<byte> body)
        {
            while (body.Length >= 5 && body[0] == 0 && BinaryPrimitives.ReadUInt32BigEndian(body[1..]) <= body.Length - 5)
            {
                body = body[(5 + BinaryPrimitives.ReadInt32BigEndian(body[1..]))..];
            }
            return body.IsEmpty;
        }
    }
}
