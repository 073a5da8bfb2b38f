using Grpc.Core;
using P2P.Contracts.DirectoryV1;

namespace P2P.Server.Lines;

/// <summary>
/// Carries the bytes of each end to the other, unread. A message is read only when the one before has been taken, so that the window of
/// one stream is all that a slow receiver makes the directory hold. The end of one is the end of both.
/// </summary>
sealed class MeetingPump(MeetingPlace place, LineOptions options, TimeProvider time)
{
    /// <exception cref="RpcException">Nothing passed for too long, or an end sent what is no data.</exception>
    public async Task RunAsync(MeetingEnd opener, MeetingEnd invited, CancellationToken cancellationToken)
    {
        using var idle = new IdleLimit(TimeSpan.FromSeconds(options.RelayIdleSeconds), time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, idle.Token, invited.Ended);
        var rate = new RateLimit(options.RelayBytesPerSecond, time);
        var there = CarryAsync(opener, invited, rate, idle, stop.Token);
        var back = CarryAsync(invited, opener, rate, idle, stop.Token);
        var first = await Task.WhenAny(there, back).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        var second = first == there ? back : there;
        await second.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        if (idle.Token.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, $"Nothing passed for {options.RelayIdleSeconds} s."));
        }

        await EndAsync(first).ConfigureAwait(false);
    }

    static async Task EndAsync(Task first)
    {
        try
        {
            await first.ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is not RpcException { StatusCode: StatusCode.InvalidArgument })
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "The other end of the relay went away."));
        }
    }

    async Task CarryAsync(MeetingEnd from, MeetingEnd to, RateLimit rate, IdleLimit idle, CancellationToken stop)
    {
        while (await from.Reader.MoveNext(stop).ConfigureAwait(false))
        {
            if (from.Reader.Current.PartCase != RelayRequest.PartOneofCase.Data)
            {
                throw Opening.Violation("data", "must be set in every message but the first");
            }

            var data = from.Reader.Current.Data;
            if (data.Length == 0)
            {
                // It keeps nothing alive.
                continue;
            }

            await to.Writer.WriteAsync(new RelayResponse { Data = data }, stop).ConfigureAwait(false);
            idle.Touch();
            place.Passed(data.Length);
            if (rate.Take(data.Length) is var wait && wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, time, stop).ConfigureAwait(false);
            }
        }
    }
}
