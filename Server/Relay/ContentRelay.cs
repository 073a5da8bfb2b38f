using System.Collections.Immutable;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Calls;
using P2P.Server.Catalogs;
using P2P.Server.Sessions;
using P2P.Server.Viewing;
using Status = Grpc.Core.Status;

namespace P2P.Server.Relay;

/// <summary>
/// Descargar: 1. find what is meant and who has it; 2. learn from a source what a name without a root is; 3. see which bytes are
/// wanted; 4. pass on verified bytes, from one source after the other where one fails. It never holds more than one chunk.
/// </summary>
sealed class ContentRelay(
    TargetFinder finder, Viewers viewers, SourceDialer dialer, SessionBound bound, RelayOptions options, TimeProvider time, ILogger<ContentRelay> logger)
{
    readonly CallSlots _slots = new();
    long _bytes;

    /// <summary>Downloads under way.</summary>
    public int Running => _slots.Taken;

    /// <summary>Bytes passed on since the start.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    public async Task RunAsync(DescargarRequest request, IServerStreamWriter<Google.Api.HttpBody> writer, ServerCallContext context)
    {
        using var slot = _slots.Enter(Busy, ("", options.AtOnce), (AddressGroup.Of(Caller.Ip(context)).ToString(), options.PerAddress));
        var outcome = "failed";
        try
        {
            await bound.RunAsync(
                Caller.Session(context), session => session.Revoked, ended => PassAsync(request, writer, context, ended),
                context.CancellationToken).ConfigureAwait(false);
            outcome = "whole";
        }
        finally
        {
            RelayMetrics.Ended(context.CancellationToken.IsCancellationRequested ? "cancelled" : outcome);
        }
    }

    async Task PassAsync(
        DescargarRequest request, IServerStreamWriter<Google.Api.HttpBody> writer, ServerCallContext context, CancellationToken cancellationToken)
    {
        // 1.
        var target = finder.Find(request, viewers.Of(Caller.Session(context)));
        // 2.
        var failures = new List<(LivePeer Peer, FetchFailure Failure)>();
        var isVerified = target.Content is not null;
        target = isVerified ? target : await DescribeAsync(target, failures, cancellationToken).ConfigureAwait(false);
        // 3.
        var content = target.Content!.Value;
        var range = Range(request, content, context);
        // A chunk that is being written when the session ends has its time: to break it off would be to break the connection without a word.
        using var limited = new UnreadLimit<Google.Api.HttpBody>(writer, TimeSpan.FromSeconds(options.UnreadSeconds), time, context.CancellationToken);
        var answer = new RelayAnswer(context, limited, target.Name, content, isVerified, range);
        // 4.
        var isHead = HttpMethods.IsHead(context.GetHttpContext().Request.Method);
        if (!isHead && range.Count > 0)
        {
            await FetchAsync(target, range, answer, failures, cancellationToken).ConfigureAwait(false);
        }

        await answer.BeginAsync().ConfigureAwait(false);
    }

    async Task<RelayTarget> DescribeAsync(
        RelayTarget target, List<(LivePeer Peer, FetchFailure Failure)> failures, CancellationToken cancellationToken)
    {
        foreach (var source in target.Sources)
        {
            using var connection = await dialer.DialAsync(source.Peer, cancellationToken).ConfigureAwait(false);
            if (connection is null)
            {
                continue;
            }

            var (description, failure) = await connection.DescribeAsync(source.Path, cancellationToken).ConfigureAwait(false);
            if (description is not null)
            {
                return target with { Content = description.Content, Sources = [source] };
            }

            Remember(failures, source.Peer, failure!);
        }

        throw Failed(failures);
    }

    async Task FetchAsync(
        RelayTarget target, WantedRange range, RelayAnswer answer, List<(LivePeer Peer, FetchFailure Failure)> failures,
        CancellationToken cancellationToken)
    {
        var content = target.Content!.Value;
        var (at, end) = (range.Offset, range.Offset + range.Count);
        foreach (var source in target.Sources)
        {
            using var connection = await dialer.DialAsync(source.Peer, cancellationToken).ConfigureAwait(false);
            if (connection is null)
            {
                continue;
            }

            var left = range with { Offset = at, Count = end - at };
            var failure = await connection.FetchAsync(content, left, PassOnAsync, cancellationToken).ConfigureAwait(false);
            if (failure is null)
            {
                return;
            }

            Remember(failures, source.Peer, failure);
        }

        throw Failed(failures);

        async ValueTask PassOnAsync(VerifiedBytes bytes, CancellationToken _)
        {
            await answer.WriteAsync(bytes.Data).ConfigureAwait(false);
            at = bytes.Offset + bytes.Data.Length;
            Interlocked.Add(ref _bytes, bytes.Data.Length);
        }
    }

    static WantedRange Range(DescargarRequest request, ContentId content, ServerCallContext context)
    {
        var range = WantedRange.Of(request.Offset, request.HasCount ? request.Count : null, content.Length)
            ?? throw new RpcException(new Status(StatusCode.OutOfRange, $"The content has {content.Length} bytes."));
        var http = context.GetHttpContext().Request;
        return RelayAnswer.IsHttp(context) && (HttpMethods.IsGet(http.Method) || HttpMethods.IsHead(http.Method))
            ? range.Under(http.GetTypedHeaders(), RelayAnswer.ETag(content), content.Length, HttpMethods.IsHead(http.Method))
            : range;
    }

    /// <summary>A client whose answer had begun sees no more than a reset; whoever runs the directory sees why.</summary>
    void Remember(List<(LivePeer Peer, FetchFailure Failure)> failures, LivePeer peer, FetchFailure failure)
    {
        failures.Add((peer, failure));
        RelayMetrics.SourceFailed(failure.Fault);
        if (failure.Fault == FetchFault.WrongBytes)
        {
            RelayLog.WrongBytes(logger, peer.PeerId, peer.Identity.User, failure.Message);
        }
        else
        {
            RelayLog.SourceFailed(logger, peer.PeerId, peer.Identity.User, failure.Fault);
        }
    }

    static RefusalException Busy(int limit) =>
        new(ErrorReason.RelayBusy, limit == 0 ? "Too many downloads pass through the directory now; come back in a few seconds."
            : "Too many downloads pass through the directory to this address now; come back in a few seconds.")
        {
            Details = [new RetryInfo { RetryDelay = Duration.FromTimeSpan(TimeSpan.FromSeconds(5)) }],
        };

    /// <summary>A liar is named; else nobody could serve.</summary>
    static RefusalException Failed(List<(LivePeer Peer, FetchFailure Failure)> failures)
    {
        var liar = failures.Find(entry => entry.Failure.Fault == FetchFault.WrongBytes);
        if (liar.Peer is not null)
        {
            return new RefusalException(ErrorReason.WrongBytes, $"The peer {liar.Peer.PeerId} sent bytes that do not have the root. {liar.Failure.Message}")
            {
                Metadata = ImmutableDictionary<string, string>.Empty.Add("peer", liar.Peer.PeerId),
            };
        }

        var last = failures.Count == 0 ? "None of them can be dialled from here." : failures[^1].Failure.Message;
        return new RefusalException(ErrorReason.NoLiveSource, $"Sources are known, but none of them could serve. {last}");
    }
}
