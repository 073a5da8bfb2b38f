using System.Collections.Concurrent;
using P2P.Content;
using P2P.Peers.Dialing;
using P2P.Peers.Finding;

namespace P2P.Peers.Fetching;

/// <summary>
/// Fetches small files many at a time: one call to one source for all, one sync for all. Whatever does not go well is left to
/// <see cref="FileFetcher"/>, which tries all sources and tells what is wrong.
/// </summary>
/// <param name="channels">Connections to peers, shared by all files of a run.</param>
/// <param name="meter">Counts.</param>
/// <param name="bans">Sources that lied.</param>
/// <param name="options">How.</param>
/// <param name="time">The clock.</param>
public sealed class BatchFetcher(PeerChannels channels, FetchMeter meter, SourceBans bans, FetchOptions options, TimeProvider time)
{
    const int MostFiles = 512;
    const long MostBytes = 4 * 1024 * 1024;
    const int FewestFiles = 4;

    // What this run made: there is nothing in them but what it put there, so that no file need be looked for. Should another program be so
    // quick, giving a file its name finds out.
    readonly ConcurrentDictionary<string, bool> _made = new(StringComparer.Ordinal);

    /// <summary>Puts files into batches of one source each.</summary>
    /// <param name="files">All of a run; the batches are of the small ones.</param>
    /// <param name="rest">Those that are in no batch.</param>
    public static List<List<WantedFile>> Split(IReadOnlyList<WantedFile> files, out List<WantedFile> rest)
    {
        rest = [];
        List<List<WantedFile>> batches = [];
        Dictionary<string, (List<WantedFile> Files, long Bytes)> open = [];
        foreach (WantedFile file in files)
        {
            if (file.IsEmptyFolder || !file.Content.IsValid || file.Content.Length > VerifiedSource.MostInBatch || file.Sources.Count == 0)
            {
                rest.Add(file);
                continue;
            }

            string source = SourceOf(file, batches.Count).PeerId;
            (List<WantedFile> batch, long bytes) = open.GetValueOrDefault(source, ([], 0));
            batch.Add(file);
            open[source] = (batch, bytes + file.Content.Length);
            if (batch.Count < MostFiles && bytes + file.Content.Length < MostBytes)
                continue;
            batches.Add(batch);
            open.Remove(source);
        }

        foreach ((List<WantedFile> batch, _) in open.Values)
            (batch.Count >= FewestFiles ? batches : []).Add(batch);
        rest.AddRange(open.Values.Where(o => o.Files.Count < FewestFiles).SelectMany(o => o.Files));
        return batches;
    }

    /// <summary>Fetches one batch.</summary>
    /// <param name="batch">Files of one source.</param>
    /// <param name="target">Full path for a file.</param>
    /// <param name="done">Told the files that are finished.</param>
    /// <param name="cancellation">The caller's cancel.</param>
    /// <returns>Those that are not finished.</returns>
    public async Task<IReadOnlyList<WantedFile>> FetchAsync(
        IReadOnlyList<WantedFile> batch, Func<WantedFile, string> target, Action<IReadOnlyList<FileResult>> done, CancellationToken cancellation)
    {
        await (options.Gate?.WaitAsync(cancellation) ?? Task.CompletedTask);
        SourcePeer peer = Common(batch);
        if (bans.IsBanned(peer.PeerId) || channels.Find(peer, out _) is not { } client)
            return batch;
        try
        {
            List<(WantedFile File, string Target)> absent = Absent(batch, target);
            HashSet<WantedFile> asked = new(absent.Select(a => a.File), ReferenceEqualityComparer.Instance);
            List<WantedFile> left = [.. batch.Where(file => !asked.Contains(file))];
            using Batch run = new(new VerifiedSource(client, null, options.Source, time), peer, absent, options);
            left.AddRange(await run.RunAsync(bans, channels, cancellation));
            foreach (FileResult result in run.Results)
            {
                meter.AddFile(result.Content.Length);
                meter.AddReceived(result.Content.Length);
                meter.FileDone();
            }

            done([.. run.Results]);
            return left;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The disk: each file for itself says which, and why.
            return batch;
        }
    }

    // Sources take turns, so that a folder that several have comes from all of them.
    static SourcePeer SourceOf(WantedFile file, int turn) => file.Sources[turn % file.Sources.Count];

    static SourcePeer Common(IReadOnlyList<WantedFile> batch) =>
        batch[0].Sources.First(source => batch.All(file => file.Sources.Any(s => s.PeerId == source.PeerId)));

    List<(WantedFile File, string Target)> Absent(IReadOnlyList<WantedFile> batch, Func<WantedFile, string> target)
    {
        List<(WantedFile File, string Target)> absent = [];
        HashSet<string> folders = [], targets = [];
        foreach (WantedFile file in batch)
        {
            string path = target(file);
            string folder = Path.GetDirectoryName(path)!;
            if (folders.Add(folder) && FetchTarget.MakeFolder(file, path))
                _made.TryAdd(folder, true);
            if (targets.Add(path) && (_made.ContainsKey(folder) || !Path.Exists(path)))
                absent.Add((file, path));
        }

        return absent;
    }

    sealed class Batch(VerifiedSource source, SourcePeer peer, List<(WantedFile File, string Target)> files, FetchOptions options) : IDisposable
    {
        readonly WholeFiles _whole = new();
        readonly Dictionary<string, FileResult> _results = [];

        public IEnumerable<FileResult> Results => _results.Values;

        public async Task<IEnumerable<WantedFile>> RunAsync(SourceBans bans, PeerChannels channels, CancellationToken cancellation)
        {
            // An empty file is known without asking.
            foreach ((WantedFile file, string target) in files.Where(f => f.File.Content.Length == 0))
                Take(file, target, default);
            List<(WantedFile File, string Target)> asked = [.. files.Where(f => f.File.Content.Length > 0)];
            Dictionary<WantedFile, string> tickets = await TicketsAsync(asked, channels, cancellation);
            if (peer.WantsTickets)
                asked.RemoveAll(f => !tickets.ContainsKey(f.File));
            BatchItem[] items = [.. asked.Select(f => new BatchItem(f.File.Content, tickets.GetValueOrDefault(f.File)))];
            IReadOnlyList<FetchFailure?> failures = await source.FetchBatchAsync(
                items,
                (index, content, _) =>
                {
                    Take(asked[index].File, asked[index].Target, content.Span);
                    return options.Pace.WaitAsync(content.Length, cancellation);
                },
                cancellation);
            if (failures.FirstOrDefault(f => f is { IsLie: true }) is { } lie)
                bans.Add(peer.PeerId, lie);
            foreach (string taken in _whole.Finish())
                _results.Remove(taken);
            return files.Where(f => !_results.ContainsKey(f.Target)).Select(f => f.File);
        }

        public void Dispose() => _whole.Dispose();

        void Take(WantedFile file, string target, ReadOnlySpan<byte> content)
        {
            _whole.Write(target, file.Content, content, new FinishOptions(file.Time, file.Executable, Replace: options.Force));
            FetchSource share = new(peer.PeerId, peer.Name, new PeerBlocks(source, file.Content));
            share.Count(content.Length);
            _results.Add(target, new FileResult(target, file.Content, 0, [share], null));
        }

        // Those that the directory gave with the file, and for the others those that it gives now, with one call.
        async Task<Dictionary<WantedFile, string>> TicketsAsync(
            List<(WantedFile File, string Target)> asked, PeerChannels channels, CancellationToken cancellation)
        {
            Dictionary<WantedFile, string> tickets = new(ReferenceEqualityComparer.Instance);
            List<WantedFile> without = [];
            foreach ((WantedFile file, _) in asked)
            {
                if (file.Sources.First(s => s.PeerId == peer.PeerId).Ticket is { Length: > 0 } ticket)
                    tickets[file] = ticket;
                else
                    without.Add(file);
            }

            if (peer.WantsTickets)
            {
                IReadOnlyList<string> more = await channels.RenewTicketsAsync(peer, [.. without.Select(file => file.Content)], cancellation);
                foreach ((WantedFile file, string ticket) in without.Zip(more).Where(given => given.Second.Length > 0))
                    tickets[file] = ticket;
            }

            return tickets;
        }
    }
}
