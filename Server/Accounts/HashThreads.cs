using System.Collections.Concurrent;
using P2P.Content;

namespace P2P.Server.Accounts;

/// <summary>
/// Threads for work that takes a processor for a tenth of a second: not those of the pool, of which there are as many as processors and on
/// which every call waits, and only for what those leave of the processors. Where that is so little that they do not get on, others of full
/// weight do the same work, and the first result counts: who waits for it is answered in time.
/// </summary>
sealed class HashThreads : IDisposable
{
    /// <summary>How long the threads that give way may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    readonly BlockingCollection<Action> _work = [];
    readonly BlockingCollection<Action> _overdue = [];
    readonly TimeProvider _time;
    readonly Thread[] _threads;

    /// <param name="count">Threads of either kind.</param>
    /// <param name="time">The clock.</param>
    public HashThreads(int count, TimeProvider time)
    {
        _time = time;
        _threads =
        [
            .. Enumerable.Range(0, count).Select(_ => new Thread(() => Work(_work, givesWay: true)) { IsBackground = true, Name = "passwords" }),
            .. Enumerable.Range(0, count).Select(_ => new Thread(() => Work(_overdue, givesWay: false)) { IsBackground = true, Name = "passwords" }),
        ];
        Array.ForEach(_threads, thread => thread.Start());
    }

    /// <param name="work">Does no harm if it is done twice.</param>
    public async Task<T> RunAsync<T>(Func<T> work)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(Run);
        var late = Task.Delay(Patience, _time);
        if (await Task.WhenAny(result.Task, late).ConfigureAwait(false) == late)
        {
            _overdue.Add(Run);
        }

        return await result.Task.ConfigureAwait(false);

        void Run()
        {
            if (result.Task.IsCompleted)
            {
                return;
            }

            try
            {
                result.TrySetResult(work());
            }
            catch (Exception failure)
            {
                // It is the caller's.
                result.TrySetException(failure);
            }
        }
    }

    public void Dispose()
    {
        _work.CompleteAdding();
        _overdue.CompleteAdding();
        Array.ForEach(_threads, thread => thread.Join());
        _work.Dispose();
        _overdue.Dispose();
    }

    static void Work(BlockingCollection<Action> queue, bool givesWay)
    {
        if (givesWay)
        {
            ThisThread.GiveWay();
        }

        foreach (var work in queue.GetConsumingEnumerable())
        {
            work();
        }
    }
}
