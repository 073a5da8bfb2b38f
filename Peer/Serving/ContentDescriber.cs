using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Validation;
using P2P.Content;
using P2P.Contracts.CatalogV1;
using P2P.Peers.Sharing;

namespace P2P.Peers.Serving;

/// <summary>Answers Describe: what this peer has of a content, with hashes that lead to the root.</summary>
sealed class ContentDescriber(
    GuardedLookup lookup, PartialShelf partials, TreeCache trees, ScanRequests rescans, UploadSlots slots, Inbox inbox) : IDisposable
{
    // Hashes below the pieces are computed from the file, up to 256 MiB of it for one request.
    readonly SemaphoreSlim _reading = new(2);

    public async Task<DescribeResponse> DescribeAsync(DescribeRequest request, Caller caller, CancellationToken cancellationToken)
    {
        if (request.ForUpload)
        {
            var wanted = new ContentId(ContentRoot.Parse(request.Root), request.Length);
            return await inbox.DescribeAsync(wanted, caller, request.Ticket, cancellationToken).ConfigureAwait(false);
        }

        var found = await lookup.FindAsync(NameIn(request), caller, cancellationToken).ConfigureAwait(false);
        if (found.Refusal is { Code: (int)StatusCode.NotFound } && request.HasRoot && partials.Find(request.Root, request.HasLength ? request.Length : null) is { } partial)
        {
            return DescribePartial(partial, request);
        }

        Throw(found.Refusal);
        using var folders = new ShareFolders();
        using var open = ServedFile.Open(found.Files, folders, rescans, out var refusal);
        Throw(refusal);
        var response = new DescribeResponse
        {
            Root = open!.File.Content.Root.ToString(),
            Length = open.File.Content.Length,
            Path = open.File.Path,
            Time = Timestamp.FromDateTimeOffset(open.File.Modified),
            Executable = open.File.Executable,
            Availability = new Availability { Complete = true },
            UploadSlotsFree = slots.Free,
        };
        if (request.Hashes is { } hashes)
        {
            await AddHashesAsync(response, hashes, open, cancellationToken).ConfigureAwait(false);
        }

        return response;
    }

    public void Dispose() => _reading.Dispose();

    DescribeResponse DescribePartial(PartialContent partial, DescribeRequest request)
    {
        var response = new DescribeResponse
        {
            Root = request.Root,
            Length = partial.Content.Length,
            Path = partial.Name,
            Availability = partial.ToMessage(),
            UploadSlotsFree = slots.Free,
        };
        if (request.Hashes is { } range)
        {
            CheckRun(partial.Content, range);
            var proof = partial.Prove(range.Layer, range.Index, range.Count) ?? throw CatalogRefusal.NotHereYet.ToRpcException();
            Fill(response, range, proof);
        }

        return response;
    }

    static void CheckRun(ContentId content, HashRange range)
    {
        if (!MerkleProof.IsRun(new TreeShape(content.Length), range.Layer, range.Index, range.Count))
        {
            var violations = new ViolationSink();
            violations.Add("hashes", "is not in the tree of this content");
            throw InvalidRequest.ToRpcException(violations.Take());
        }
    }

    static void Fill(DescribeResponse response, HashRange range, MerkleProof proof)
    {
        response.HashesRange = range;
        response.Hashes = UnsafeByteOperations.UnsafeWrap(proof.Nodes);
        response.Proof = UnsafeByteOperations.UnsafeWrap(proof.Uncles);
    }

    async Task AddHashesAsync(DescribeResponse response, HashRange range, ServedFile open, CancellationToken cancellationToken)
    {
        CheckRun(open.File.Content, range);
        await _reading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (trees.Find(open.File.Content) is not { } tree)
            {
                // The cache lost the layer: the next scan hashes the file anew.
                throw open.Changed().ToRpcException();
            }

            var proof = FileProver.Prove(
                    open.Handle, tree, range.Layer, range.Index, range.Count, (first, end) => trees.FindBlocks(open.File.Content, first, end))
                ?? throw open.Changed().ToRpcException();
            Fill(response, range, proof);
        }
        catch (IOException)
        {
            throw CatalogRefusal.Unreadable.ToRpcException();
        }
        finally
        {
            _reading.Release();
        }
    }

    static ContentName NameIn(DescribeRequest request) => new(
        request.HasRoot ? request.Root : null, request.HasLength ? request.Length : null, request.HasPath ? request.Path : null, request.Ticket);

    static void Throw(Google.Rpc.Status? refusal)
    {
        if (refusal is not null)
        {
            throw refusal.ToRpcException();
        }
    }
}
