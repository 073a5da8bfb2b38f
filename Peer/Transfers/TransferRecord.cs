using System.Text.Json;
using System.Text.Json.Serialization;

namespace P2P.Peers.Transfers;

/// <summary>A transfer as its own process wrote it down when it began.</summary>
/// <param name="Id">Tells it from others of this data folder: eight hex digits.</param>
/// <param name="Kind"><c>get</c>, <c>put</c>, or <c>fetch</c> for one that another peer of the account ordered.</param>
/// <param name="What">What is transferred, for people. May hold foreign text.</param>
/// <param name="Target">Where to.</param>
/// <param name="Started">When it began.</param>
/// <param name="ProcessId">Who does it.</param>
/// <param name="Socket">Where that can be asked.</param>
sealed record TransferRecord(string Id, string Kind, string What, string Target, DateTimeOffset Started, int ProcessId, string Socket);

/// <summary>How far a transfer is.</summary>
/// <param name="State"><c>running</c>, <c>paused</c>, <c>interrupted</c> for one whose process is gone, or <c>silent</c> for one whose process lives
/// and does not answer.</param>
/// <param name="Done">Bytes that are there.</param>
/// <param name="Total">Bytes of all files known so far.</param>
/// <param name="FilesDone">Files that are there.</param>
/// <param name="Files">All that are known so far.</param>
sealed record LiveState(string State, long Done, long Total, int FilesDone, int Files)
{
    public const string Running = "running";
    public const string Paused = "paused";
    public const string Interrupted = "interrupted";
    public const string Silent = "silent";
}

/// <summary>What became of a transfer.</summary>
/// <param name="Id">As it was listed.</param>
/// <param name="Kind"><c>get</c>, <c>put</c> or <c>fetch</c>.</param>
/// <param name="What">What was transferred. May hold foreign text.</param>
/// <param name="Target">Where to.</param>
/// <param name="Started">When it began.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Outcome"><c>done</c>, <c>failed</c> or <c>cancelled</c>.</param>
/// <param name="Code">What the command ended with.</param>
/// <param name="Files">Files that are there, whole.</param>
/// <param name="Failed">Files that are not.</param>
/// <param name="Bytes">Their length in all.</param>
/// <param name="Moved">Bytes that came or went for it.</param>
/// <param name="Sources">Who sent how much; of a <c>put</c>, who received. At most <see cref="MostSources"/>.</param>
sealed record HistoryEntry(
    string Id, string Kind, string What, string Target, DateTimeOffset Started, double Seconds, string Outcome, int Code,
    int Files, int Failed, long Bytes, long Moved, IReadOnlyList<HistorySource> Sources)
{
    public const int MostSources = 20;
    public const string Done = "done";
    public const string Unfinished = "failed";
    public const string Cancelled = "cancelled";
}

/// <summary>A peer's share of a transfer.</summary>
sealed record HistorySource(string Peer, string Name, long Bytes, int Rejected);

/// <summary>One line of JSON each.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(TransferRecord))]
[JsonSerializable(typeof(LiveState))]
[JsonSerializable(typeof(HistoryEntry))]
sealed partial class TransferJson : JsonSerializerContext;
