using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace P2P.Server.Tests.Store;

/// <summary>A call of the traced process that changes what is on the disk, or that says something to the outside.</summary>
abstract record TracedCall;

sealed record TracedWrite(string File, byte[] Bytes, long Offset) : TracedCall;

sealed record TracedTruncate(string File, long Length) : TracedCall;

sealed record TracedSync(string File) : TracedCall;

sealed record TracedUnlink(string File) : TracedCall;

sealed record TracedLine(string Text) : TracedCall;

/// <summary>
/// Reads what strace wrote (-f -y -xx): calls in the order in which writes began and syncs ended, so that a sync never covers a write that
/// began after it, and no promise seems to be older than it is.
/// </summary>
static partial class SyscallTrace
{
    public const string Calls = "trace=pwrite64,write,ftruncate,fsync,fdatasync,unlink";

    public static IEnumerable<TracedCall> Read(IEnumerable<string> lines)
    {
        var begun = new Dictionary<string, string>();
        foreach (var line in lines)
        {
            var parts = line.Split(' ', 2, StringSplitOptions.TrimEntries);
            var (thread, text) = (parts[0], parts[1]);
            var isBegin = text.EndsWith("<unfinished ...>", StringComparison.Ordinal);
            var resumed = ResumedLine().Match(text);
            if (isBegin)
            {
                begun[thread] = text[..^"<unfinished ...>".Length];
            }

            var whole = resumed.Success ? begun[thread] + resumed.Groups["rest"].Value : isBegin ? begun[thread] : text;
            var isSync = whole.StartsWith("fsync", StringComparison.Ordinal) || whole.StartsWith("fdatasync", StringComparison.Ordinal);
            // A sync counts from its end, all else from its beginning.
            if ((isSync ? !isBegin : !resumed.Success) && Parse(whole) is { } call)
            {
                yield return call;
            }
        }
    }

    static TracedCall? Parse(string text)
    {
        var call = CallLine().Match(text);
        var (file, data) = (Text(call.Groups["file"].Value), Bytes(call.Groups["data"].Value));
        var last = call.Groups["numbers"].Value.Split(", ")[^1].Trim();
        return call.Groups["name"].Value switch
        {
            "pwrite64" => new TracedWrite(file, data, long.Parse(last, CultureInfo.InvariantCulture)),
            // The runtime writes its output to a copy of the descriptor, whose number is anything.
            "write" when Encoding.UTF8.GetString(data) is var line && line.StartsWith("ok ", StringComparison.Ordinal) => new TracedLine(line.Trim()),
            "ftruncate" => new TracedTruncate(file, long.Parse(last, CultureInfo.InvariantCulture)),
            "fsync" or "fdatasync" when call.Groups["result"].Value.Trim() == "= 0" => new TracedSync(file),
            "unlink" => new TracedUnlink(Encoding.UTF8.GetString(data)),
            _ => null,
        };
    }

    static string Text(string escaped) => Encoding.UTF8.GetString(Bytes(escaped));

    static byte[] Bytes(string escaped) => Convert.FromHexString(escaped.Replace("\\x", "", StringComparison.Ordinal));

    [GeneratedRegex("""^(?<name>\w+)\((?:(?<fd>\d+)<(?<file>[^>]*)>(?:\(deleted\))?)?(?:, )?(?:"(?<data>[^"]*)")?(?<numbers>[^)]*)\)?(?<result>.*)$""")]
    private static partial Regex CallLine();

    [GeneratedRegex("""^<\.\.\. \w+ resumed>(?<rest>.*)$""")]
    private static partial Regex ResumedLine();
}
