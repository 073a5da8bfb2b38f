using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Google.Protobuf;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Grpc.Tests.Transcoding;

/// <summary>
/// The same message by gRPC and by JSON, to one server. <c>P2P_MESSAGES=100000</c> for the full number.
/// 1. Python makes JSON of a random message's bytes. 2. The message goes through gRPC, that JSON through HTTP; the service echoes.
/// 3. Both must come back as the same message, and our JSON must be what Python makes of the same bytes.
/// </summary>
public sealed class BothWaysTests
{
    const int Batch = 500;
    const int Seed = 7;

    static readonly int s_count =
        int.TryParse(Environment.GetEnvironmentVariable("P2P_MESSAGES"), CultureInfo.InvariantCulture, out var count) ? count : 400;

    [Fact]
    public async Task Echo_RandomMessages_AreTheSameByGrpcAndJson()
    {
        var token = TestContext.Current.CancellationToken;
        using var python = await PythonJson.StartAsync(Everything.Descriptor, token);
        await using var host = await LibraryHost.StartAsync(protocol: HttpProtocols.Http2);
        using var channel = GrpcChannel.ForAddress(host.Address);
        var client = new Library.LibraryClient(channel);
        var random = new RandomMessages(Seed);
        var (bytes, text) = (0L, 0L);
        for (var left = s_count; left > 0; left -= Batch)
        {
            var messages = Enumerable.Range(0, Math.Min(Batch, left)).Select(_ => Everything.Parser.ParseFrom(random.Next<Everything>().ToByteString())).ToList();
            var texts = await python.FormatAsync(messages, token);
            var answers = new string[messages.Count];
            await Parallel.ForAsync(0, messages.Count, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = token }, async (i, stop) =>
            {
                Assert.Equal(messages[i], await client.EchoAsync(messages[i], cancellationToken: stop));
                answers[i] = await EchoJsonAsync(host.Client, texts[i], stop);
            });
            var verdicts = await python.CheckAsync(answers, token);
            Assert.DoesNotContain(verdicts, verdict => verdict != "same");
            bytes += messages.Sum(message => (long)message.CalculateSize());
            text += answers.Sum(answer => (long)answer.Length);
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{s_count} messages, {bytes} bytes, as JSON {text} characters");
    }

    static async Task<string> EchoJsonAsync(HttpClient client, string json, CancellationToken cancellationToken)
    {
        using var body = new ByteArrayContent(Encoding.UTF8.GetBytes(json)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        using var response = await client.PostAsync(new Uri("/v1/everything", UriKind.Relative), body, cancellationToken);
        var answer = await response.Content.ReadAsStringAsync(cancellationToken);
        Assert.True(response.IsSuccessStatusCode, $"{answer} to {json}");
        return answer;
    }
}
