using Grpc.Core;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;

namespace P2P.Server.Lines;

/// <summary>One end of a relay.</summary>
/// <param name="Reader">What it sends.</param>
/// <param name="Writer">What it is sent.</param>
/// <param name="Ended">Cancelled when it may not go on.</param>
sealed record MeetingEnd(IAsyncStreamReader<RelayRequest> Reader, IServerStreamWriter<RelayResponse> Writer, CancellationToken Ended);

/// <summary>Two streams that are to meet: one waits, the other is that of the peer that was invited.</summary>
sealed class Meeting(string id, LivePeer invited)
{
    readonly TaskCompletionSource<MeetingEnd> _came = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource<bool> _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Id => id;

    public LivePeer Invited => invited;

    /// <summary>The second end, once it comes.</summary>
    public Task<MeetingEnd> Came => _came.Task;

    /// <summary>Ends with the meeting; whether the two met.</summary>
    public Task<bool> Over => _over.Task;

    /// <summary>Comes to the meeting. False if somebody did before.</summary>
    public bool TryCome(MeetingEnd end) => _came.TrySetResult(end);

    public void End(bool met) => _over.TrySetResult(met);
}
