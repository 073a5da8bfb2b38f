using Grpc.Net.Client;
using P2P.Content;
using P2P.Contracts.CatalogV1;

namespace P2P.Server.Relay;

/// <summary>A connection to one peer's Catalog.</summary>
/// <param name="channel">Disposed with it.</param>
/// <param name="options">How it is read.</param>
/// <param name="time">Clock for them.</param>
/// <param name="sign">Makes a ticket that this peer takes from this directory; null where the peer serves in the clear and wants none.</param>
sealed class SourceConnection(GrpcChannel channel, VerifiedSourceOptions options, TimeProvider time, Func<ContentId, string>? sign) : IDisposable
{
    readonly Catalog.CatalogClient _client = new(channel);

    /// <summary>Asks what a name is. A ticket is for a content, and so there is none for this.</summary>
    public Task<DescribeResult> DescribeAsync(string path, CancellationToken cancellationToken) =>
        new VerifiedSource(_client, null, options, time).DescribeAsync(path, cancellationToken);

    /// <summary>
    /// Reads a range with a ticket, and with a new one where the source refuses the one it has: it may have forgotten what the first one
    /// opened. It is asked once more at each place, so that a source that always refuses is left.
    /// </summary>
    /// <returns>Null when all was handed out; else why the rest was not.</returns>
    public async Task<FetchFailure?> FetchAsync(ContentId content, WantedRange range, VerifiedSink sink, CancellationToken cancellationToken)
    {
        var (at, end, refusedAt) = (range.Offset, range.Offset + range.Count, -1L);
        while (true)
        {
            var reader = new VerifiedSource(_client, sign?.Invoke(content), options, time);
            var failure = await reader.FetchAsync(content, at, end - at, TakeAsync, cancellationToken).ConfigureAwait(false);
            if (sign is null || failure is not { Fault: FetchFault.TicketRefused } || at == refusedAt)
            {
                return failure;
            }

            refusedAt = at;
        }

        async ValueTask TakeAsync(VerifiedBytes bytes, CancellationToken stop)
        {
            await sink(bytes, stop).ConfigureAwait(false);
            at = bytes.Offset + bytes.Data.Length;
        }
    }

    public void Dispose() => channel.Dispose();
}
