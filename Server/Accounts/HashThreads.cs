using System.Collections.Concurrent;
using P2P.Content;

namespace P2P.Server.Accounts;

/// <summary>
/// Threads for work that takes a processor for a tenth of a second: not those of the pool, of which there are as many as processors and on
/// which every call waits, and of less weight than those.
/// </summary>
sealed class HashThreads : IDisposable
{
    readonly BlockingCollection<Action> _work = [];
    readonly Thread[] _threads;

    public HashThreads(int count)
    {
        _threads = [.. Enumerable.Range(0, count).Select(_ => new Thread(Work) { IsBackground = true, Name = "passwords" })];
        Array.ForEach(_threads, thread => thread.Start());
    }

    public Task<T> RunAsync<T>(Func<T> work)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                result.SetResult(work());
            }
            catch (Exception failure)
            {
                // It is the caller's.
                result.SetException(failure);
            }
        });
        return result.Task;
    }

    public void Dispose()
    {
        _work.CompleteAdding();
        Array.ForEach(_threads, thread => thread.Join());
        _work.Dispose();
    }

    void Work()
    {
        ThisThread.GiveWay();
        foreach (var work in _work.GetConsumingEnumerable())
        {
            work();
        }
    }
}
