using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Grpc.Core;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Sessions;
using P2P.Server.Store;
using P2P.Server.Watching;

namespace P2P.Server.Catalogs;

/// <summary>What a peer may share.</summary>
sealed class CatalogOptions
{
    /// <summary>Files a peer. Default 1,000,000.</summary>
    [Range(1, 100_000_000)]
    public int FilesPerPeer { get; set; } = 1_000_000;

    /// <summary>Files of all live peers of one account together. Default 10,000,000.</summary>
    [Range(1, 1_000_000_000)]
    public int FilesPerAccount { get; set; } = 10_000_000;

    /// <summary>Bytes that the names of a peer's files take in memory, with those of files that went a short time ago. Default 512 MiB.</summary>
    [Range(1, long.MaxValue)]
    public long NameBytesPerPeer { get; set; } = 512L * 1024 * 1024;

    /// <summary>Seconds for which a publishing stream may send no whole batch. Default 60.</summary>
    [Range(1, 86_400)]
    public int PublishIdleSeconds { get; set; } = 60;

    /// <summary>
    /// Bytes a second that a publishing stream must bring, averaged over <see cref="PublishIdleSeconds"/>; a batch counts as long as it is in
    /// protobuf, however it comes, and the time that the directory takes for it does not count. Default 1,024; 0 for no limit.
    /// </summary>
    [Range(0, int.MaxValue)]
    public int PublishBytesPerSecond { get; set; } = 1024;

    /// <summary>Days for which the list of a peer that is away is kept, counted from its last change. Default 30.</summary>
    [Range(1, 36_500)]
    public int KeepDays { get; set; } = 30;
}

/// <summary>Changes what peers share: decides, commits, applies, one batch after the other.</summary>
sealed class CatalogPublisher(
    CatalogTable catalogs, CatalogIndex index, SessionTable sessions, SessionState state, EventLog events, CatalogQuota quota,
    CatalogOptions options)
{
    /// <summary>How much longer than twice its list of files a peer's log of changes may get before it is written anew.</summary>
    const int LoggedBesideFiles = 10_000;

    const int FilesPerRewrittenBatch = 1000;
    const int FoldersPerRewrittenBatch = 100;

    /// <summary>Takes a stream of batches to its end. What a broken stream had committed stays; what it had staged goes.</summary>
    public async Task<PublishResponse> PublishAsync(
        Session session, IAsyncEnumerable<PublishRequest> batches, CancellationToken cancellationToken)
    {
        var peer = session.Peer ?? throw new RefusalException(ErrorReason.NoSuchPeer, "The session is a reader's and shares nothing.");
        var stage = new Stage();
        try
        {
            var count = await TakeAsync(session, peer, batches, stage, cancellationToken).ConfigureAwait(false);
            var now = catalogs.Of(peer.PeerId);
            return new PublishResponse
            {
                CatalogId = now.CatalogId,
                Sequence = now.Sequence,
                FileCount = now.Files.FileCount,
                Batches = count,
            };
        }
        finally
        {
            if (stage.Catalog is { } left)
            {
                await UnstageAsync(peer, left).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Lets go of what a peer shared that has long been away.</summary>
    public async Task DropAsync(string peerId)
    {
        using var held = await state.Locks.EnterAsync(default, KeyedLocks.Peer(peerId)).ConfigureAwait(false);
        if (index.Find(peerId) is null)
        {
            await state.Store.CommitAsync([new CatalogDropped(peerId)]).ConfigureAwait(false);
            catalogs.Drop(peerId);
        }
    }

    /// <returns>How many batches came.</returns>
    async Task<int> TakeAsync(
        Session session, LivePeer peer, IAsyncEnumerable<PublishRequest> batches, Stage stage, CancellationToken cancellationToken)
    {
        var count = 0;
        await foreach (var batch in InTimeAsync(session, batches, cancellationToken).ConfigureAwait(false))
        {
            if (count == 0 && batch.Rest.Replace)
            {
                stage.Catalog = new HeldCatalog("", 0, catalogs.NextGeneration(), PeerCatalog.Empty, state.Time.GetUtcNow());
            }

            using var held = await state.Locks.EnterAsync(cancellationToken, KeyedLocks.Peer(peer.Identity)).ConfigureAwait(false);
            sessions.RefuseIfEnded(session);
            if (stage.Catalog is null)
            {
                await AppendAsync(peer, batch).ConfigureAwait(false);
            }
            else
            {
                stage.Catalog = await StageAsync(peer, stage.Catalog, batch).ConfigureAwait(false);
            }

            PublishMetrics.Committed(batch);
            count++;
        }

        if (stage.Catalog is { } whole)
        {
            await SwapAsync(session, peer, whole, cancellationToken).ConfigureAwait(false);
            stage.Catalog = null;
        }

        return count;
    }

    /// <summary>The batches, as long as the session lives and the next one comes whole in time, and not too slowly: Kestrel asks no speed of streams.</summary>
    async IAsyncEnumerable<PublishedBatch> InTimeAsync(
        Session session, IAsyncEnumerable<PublishRequest> batches, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, session.Ended);
        using var timer = state.Time.CreateTimer(
            static source => ((CancellationTokenSource)source!).Cancel(), late, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        var limit = TimeSpan.FromSeconds(options.PublishIdleSeconds);
        var rate = new LeastRate(options.PublishBytesPerSecond, limit);
        await using var stream = batches.GetAsyncEnumerator(late.Token);
        while (true)
        {
            timer.Change(limit, Timeout.InfiniteTimeSpan);
            var asked = state.Time.GetTimestamp();
            try
            {
                if (!await stream.MoveNextAsync().ConfigureAwait(false))
                {
                    yield break;
                }
            }
            catch (Exception) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                sessions.RefuseIfEnded(session);
                throw new RpcException(new Status(StatusCode.DeadlineExceeded, $"No whole batch came for {options.PublishIdleSeconds} seconds."));
            }

            timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            var taken = state.Time.GetElapsedTime(asked);
            var batch = PublishedBatch.Of(stream.Current);
            if (!rate.Take(taken, batch.Bytes))
            {
                throw new RpcException(new Status(
                    StatusCode.DeadlineExceeded,
                    $"The batches came at less than {options.PublishBytesPerSecond} bytes a second over {options.PublishIdleSeconds} seconds."));
            }

            yield return batch;
        }
    }

    async Task UnstageAsync(LivePeer peer, HeldCatalog staged)
    {
        try
        {
            await state.Store.CommitAsync([new StagedDropped(peer.PeerId, staged.Generation)]).ConfigureAwait(false);
        }
        catch (StoreWriteException)
        {
            // The store has told of it, and its next start deletes what was staged.
        }
    }

    async Task AppendAsync(LivePeer peer, PublishedBatch batch)
    {
        var held = catalogs.Of(peer.PeerId);
        var name = held.CatalogId.Length > 0 ? held.CatalogId : NewName(batch.Rest);
        var mayStart = held.CatalogId.Length == 0;
        if ((batch.Rest.CatalogId.Length > 0 && batch.Rest.CatalogId != name) || !Follows(batch.Rest, mayStart ? 0 : held.Sequence))
        {
            throw Mismatch(held);
        }

        var change = held.Files.Apply(batch);
        quota.RefuseIfTooMany(peer.Identity, change.Catalog);
        var logged = held.Logged + batch.Entries;
        var isOverlong = logged > LoggedBesideFiles + (2L * change.Catalog.FileCount);
        var next = new HeldCatalog(
            name,
            held.Sequence + 1,
            held.Generation > 0 && !isOverlong ? held.Generation : catalogs.NextGeneration(),
            change.Catalog,
            state.Time.GetUtcNow());
        PublishedBatch[] written = isOverlong ? [.. Rewritten(change.Catalog)] : [batch];
        next = next with { Logged = isOverlong ? written.Sum(each => each.Entries) : logged };
        await state.Store.CommitAsync([Head(peer, next), .. written.Select(each => new BatchSaved(peer.PeerId, next.Generation, each))])
            .ConfigureAwait(false);
        catalogs.Put(peer.PeerId, next);
        index.Apply(peer, change);
        events.Changed(peer, held.Files.Access, [.. Gone(held.Files, batch)], new SegmentEntries(change.Came));
    }

    /// <summary>What a batch takes away, as it was.</summary>
    internal static IEnumerable<FileEntry> Gone(PeerCatalog before, PublishedBatch batch) => batch.Rest.Removes.Distinct(StringComparer.Ordinal)
        .Where(path => batch.Files.IndexOf(Encoding.UTF8.GetBytes(path)) < 0)
        .Select(before.Find).OfType<FileRef>().Select(file => file.ToEntry());

    /// <summary>A catalog as the batches that a start reads fastest.</summary>
    static IEnumerable<PublishedBatch> Rewritten(PeerCatalog catalog) =>
        catalog.Access.ToMessages().Chunk(FoldersPerRewrittenBatch).Select(folders => new PublishRequest { Access = { folders } })
        .Concat(catalog.From("").Select(file => file.ToEntry()).Chunk(FilesPerRewrittenBatch).Select(files => new PublishRequest { Upserts = { files } }))
        .Select(PublishedBatch.Of);

    /// <summary>A replacing list may go on with the numbers of the one it replaces, if it keeps its name, or start at 1.</summary>
    async Task<HeldCatalog> StageAsync(LivePeer peer, HeldCatalog staged, PublishedBatch batch)
    {
        var held = catalogs.Of(peer.PeerId);
        var isFirst = staged.CatalogId.Length == 0;
        var name = isFirst ? NewName(batch.Rest) : staged.CatalogId;
        var goesOn = isFirst && name == held.CatalogId && batch.Rest.Sequence != 1;
        var before = goesOn ? held.Sequence : staged.Sequence;
        if ((batch.Rest.CatalogId.Length > 0 && batch.Rest.CatalogId != name) || !Follows(batch.Rest, before))
        {
            throw Mismatch(isFirst ? held : staged);
        }

        var change = staged.Files.Apply(batch);
        quota.RefuseIfTooMany(peer.Identity, change.Catalog);
        await state.Store.CommitAsync([new BatchSaved(peer.PeerId, staged.Generation, batch)]).ConfigureAwait(false);
        return staged with { CatalogId = name, Sequence = before + 1, Files = change.Catalog, Logged = staged.Logged + batch.Entries };
    }

    async Task SwapAsync(Session session, LivePeer peer, HeldCatalog staged, CancellationToken cancellationToken)
    {
        using var held = await state.Locks.EnterAsync(cancellationToken, KeyedLocks.Peer(peer.Identity)).ConfigureAwait(false);
        sessions.RefuseIfEnded(session);
        if (catalogs.Of(peer.PeerId) is var current && current.Generation > staged.Generation)
        {
            throw Mismatch(current);
        }

        staged = staged with { Time = state.Time.GetUtcNow() };
        await state.Store.CommitAsync([Head(peer, staged)]).ConfigureAwait(false);
        catalogs.Put(peer.PeerId, staged);
        var before = peer.Catalog;
        index.Replace(peer, staged.Files);
        events.Replaced(peer, before, staged.Files);
    }

    /// <summary>The list that is to replace the peer's, as far as it came.</summary>
    sealed class Stage
    {
        public HeldCatalog? Catalog { get; set; }
    }

    static HeadSaved Head(LivePeer peer, HeldCatalog held) =>
        new(peer.PeerId, held.Generation, held.CatalogId, held.Sequence, held.Time);

    static string NewName(PublishRequest batch) => batch.CatalogId.Length > 0 ? batch.CatalogId : Guid.NewGuid().ToString("N");

    static bool Follows(PublishRequest batch, long before) => batch.Sequence == 0 || batch.Sequence == before + 1;

    static RefusalException Mismatch(HeldCatalog held) =>
        new(ErrorReason.SequenceMismatch, "The batch does not follow what the directory has.")
        {
            Metadata = ImmutableDictionary<string, string>.Empty
                .Add("catalog_id", held.CatalogId)
                .Add("sequence", held.Sequence.ToString(CultureInfo.InvariantCulture)),
        };
}
