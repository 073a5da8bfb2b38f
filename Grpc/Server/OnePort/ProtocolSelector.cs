using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server.OnePort;

/// <summary>Looks at the first bytes of a connection, without consuming them, and tells Kestrel which protocol they open.</summary>
sealed class ProtocolSelector(ListenOptions endpoint, ConnectionDelegate next)
{
    readonly KestrelServerLimits _limits = endpoint.KestrelServerOptions.Limits;
    readonly TimeProvider _time = endpoint.ApplicationServices.GetService<TimeProvider>() ?? TimeProvider.System;

    public async Task OnConnectionAsync(ConnectionContext connection)
    {
        if (endpoint.Protocols.HasFlag(HttpProtocols.Http1) && endpoint.Protocols.HasFlag(HttpProtocols.Http2))
        {
            try
            {
                if (await OpensWithPrefaceAsync(connection))
                {
                    Http2Choice.Set(connection);
                }
            }
            catch (OperationCanceledException)
            {
                // Too slow, closed, or the server stops: nothing was asked, so nothing is owed an answer.
                return;
            }
        }
        await next(connection);
    }

    /// <summary>As patient as Kestrel: the keep-alive limit for the first byte, the limit of request headers for the rest.</summary>
    async Task<bool> OpensWithPrefaceAsync(ConnectionContext connection)
    {
        using var patience = new CancellationTokenSource(Timer(_limits.KeepAliveTimeout), _time);
        var stop = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, connection.ConnectionClosed, stop);
        var input = connection.Transport.Input;
        var started = false;
        while (true)
        {
            var result = await input.ReadAsync(cancelled.Token);
            var match = Http2Preface.Match(result.Buffer);
            if (match != PrefaceMatch.Partial || result.IsCompleted)
            {
                input.AdvanceTo(result.Buffer.Start);
                return match == PrefaceMatch.Whole;
            }
            input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            if (!started && !result.Buffer.IsEmpty)
            {
                started = true;
                patience.CancelAfter(Timer(_limits.RequestHeadersTimeout));
            }
        }
    }

    // Kestrel keeps "no limit" as TimeSpan.MaxValue, which is more than a timer takes.
    static TimeSpan Timer(TimeSpan limit) => limit.TotalMilliseconds >= int.MaxValue ? Timeout.InfiniteTimeSpan : limit;
}
