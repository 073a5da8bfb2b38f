using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Grpc.Tests.Fuzz;

/// <summary>What became of one request.</summary>
/// <param name="Call">Which call it was, as the report names it.</param>
/// <param name="Answer">How it was answered, for the report: a status, or what else happened.</param>
/// <param name="Reached">Whether a handler saw it.</param>
/// <param name="Fault">What must never happen, in words; null if all is well.</param>
sealed record FuzzAnswer(string Call, string Answer, bool Reached, string? Fault = null);

/// <summary>Sends requests, one at a time for each worker.</summary>
interface IFuzzTarget<TInput>
{
    Task<FuzzAnswer> SendAsync(int worker, TInput input, CancellationToken cancellationToken);
}

/// <summary>
/// Sends mutated requests and counts what becomes of them. Each worker's requests depend on the seed alone.
/// A fault is kept with its input, which belongs into the corpus from then on.
/// </summary>
/// <param name="corpus">Good requests to start from.</param>
/// <param name="mutate">Makes one request of another; called by one worker at a time with that worker's random numbers.</param>
/// <param name="target">Where they go.</param>
/// <param name="workers">How many send at once.</param>
sealed class FuzzRunner<TInput>(IReadOnlyList<TInput> corpus, Func<TInput, Random, TInput> mutate, IFuzzTarget<TInput> target, int workers = 4)
{
    // A request that is not answered within this time counts as hung.
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    const int KeptFaults = 20;

    readonly ConcurrentDictionary<(string Call, string Answer), (long Sent, long Reached)> _counts = new();
    readonly ConcurrentQueue<string> _faults = new();

    public long Sent => _counts.Values.Sum(count => count.Sent);

    public long Reached => _counts.Values.Sum(count => count.Reached);

    /// <summary>The first faults, each with its input.</summary>
    public IReadOnlyCollection<string> Faults => _faults;

    /// <summary>Sends the corpus as it is: everything that was a fault once is in it.</summary>
    public async Task ReplayAsync(CancellationToken cancellationToken)
    {
        foreach (var input in corpus)
        {
            await SendAsync(0, input, cancellationToken);
        }
    }

    /// <summary>Sends so many mutated requests.</summary>
    public Task RunAsync(long count, int seed, CancellationToken cancellationToken) => Task.WhenAll(Enumerable.Range(0, workers).Select(worker =>
        Task.Run(() => WorkAsync(worker, (count + workers - 1 - worker) / workers, (seed * workers) + worker, cancellationToken), cancellationToken)));

    async Task WorkAsync(int worker, long count, int seed, CancellationToken cancellationToken)
    {
#pragma warning disable CA5394 // The same requests every time.
        var random = new Random(seed);
        for (; count > 0 && _faults.Count < KeptFaults; count--)
        {
            await SendAsync(worker, mutate(corpus[random.Next(corpus.Count)], random), cancellationToken);
        }
#pragma warning restore CA5394
    }

    async Task SendAsync(int worker, TInput input, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await target.SendAsync(worker, input, cancellationToken).WaitAsync(s_patience, cancellationToken);
            var one = (Sent: 1L, Reached: answer.Reached ? 1L : 0L);
            _counts.AddOrUpdate(
                (answer.Call, answer.Answer), static (_, one) => one, static (_, old, one) => (old.Sent + one.Sent, old.Reached + one.Reached), one);
            if (answer.Fault is { } fault)
            {
                _faults.Enqueue($"{fault}: {answer.Answer} to {input}");
            }
        }
        catch (TimeoutException)
        {
            _faults.Enqueue($"no answer within {s_patience}: {input}");
        }
    }

    /// <summary>A line for each call: how many were sent, how many of these a handler saw, how they were answered.</summary>
    public string Report()
    {
        var text = new StringBuilder();
        foreach (var call in _counts.GroupBy(pair => pair.Key.Call).OrderBy(call => call.Key, StringComparer.Ordinal))
        {
            var answers = call.OrderByDescending(pair => pair.Value.Sent).Select(pair => $"{pair.Key.Answer} × {pair.Value.Sent}");
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"{call.Key}: {call.Sum(pair => pair.Value.Sent)} sent, {call.Sum(pair => pair.Value.Reached)} reached a handler; {string.Join(", ", answers)}");
        }
        text.Append(CultureInfo.InvariantCulture, $"all: {Sent} sent, {Reached} ({100.0 * Reached / Math.Max(Sent, 1):f1} %) reached a handler");
        return text.ToString();
    }
}
