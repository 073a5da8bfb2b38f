using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Wire;
using Microsoft.Win32.SafeHandles;
using P2P.Content;
using P2P.Contracts.CatalogV1;
using P2P.Peers.Fetching;

namespace P2P.Peers.Sending;

/// <summary>A file to send.</summary>
/// <param name="Path">Where it is here.</param>
/// <param name="Name">What the receiver shall call it.</param>
/// <param name="Content">What it is.</param>
/// <param name="Ticket">The directory's permission, where the receiver wants one.</param>
public sealed record OutgoingFile(string Path, string Name, ContentId Content, string? Ticket = null);

/// <summary>What became of a sent file.</summary>
/// <param name="Path">Where it is, relative to the receiver's inbox.</param>
/// <param name="Sent">Bytes that this run sent.</param>
/// <param name="Present">The receiver had it already.</param>
public sealed record SendResult(string Path, long Sent, bool Present);

/// <summary>Puts files into another peer's inbox, and goes on where a broken upload stopped.</summary>
/// <param name="client">The receiver.</param>
/// <param name="renew">Gets a ticket for a content.</param>
/// <param name="wantsTickets">Whether the receiver is known to want them; else one is got when it asks.</param>
/// <param name="patience">How long to go on trying while nothing gets through.</param>
/// <param name="gate">Lets its user stop it for a while.</param>
/// <param name="time">The clock.</param>
public sealed class FileSender(
    Catalog.CatalogClient client, Func<ContentId, CancellationToken, Task<string>> renew, bool wantsTickets, TimeSpan patience,
    PauseGate? gate, TimeProvider time)
{
    const int Chunk = 256 * 1024;

    static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(30);
    static readonly TimeSpan TryAgain = TimeSpan.FromSeconds(1);

    bool _wantsTickets = wantsTickets;

    /// <param name="file">What to send.</param>
    /// <param name="progress">Told bytes that need not be sent any more; negative where some must be sent again.</param>
    /// <param name="cancellation">The caller's cancel; the receiver keeps what it has.</param>
    /// <exception cref="RpcException">The receiver refused, or did not answer for too long.</exception>
    /// <exception cref="IOException">The file cannot be read, or has become shorter.</exception>
    public async Task<SendResult> SendAsync(OutgoingFile file, IProgress<long> progress, CancellationToken cancellation)
    {
        using SafeFileHandle handle = File.OpenHandle(file.Path, options: FileOptions.SequentialScan);
        long told = 0, furthest = 0;
        long lastStep = time.GetTimestamp();
        while (true)
        {
            await PauseAsync();
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, gate?.Running ?? CancellationToken.None);
            try
            {
                // One for each try: what the receiver granted for the one before may be over.
                file = file with { Ticket = _wantsTickets ? await renew(file.Content, stop.Token) : null };
                DescribeResponse there = await AskAsync(file, stop.Token);
                if (there.Present)
                    return new SendResult(there.Path.Length > 0 ? there.Path : file.Name, 0, Present: true);
                if (there.UploadOffset < 0 || there.UploadOffset > file.Content.Length)
                    throw new RpcException(new Status(StatusCode.DataLoss, "The peer asks for bytes that the file does not have."));
                progress.Report(there.UploadOffset - told);
                told = there.UploadOffset;
                UploadResponse done = await UploadAsync(handle, file, there.UploadOffset, Tell, stop.Token);
                return new SendResult(done.Path, file.Content.Length - there.UploadOffset, done.Present);
            }
            catch (Exception e) when (stop.IsCancellationRequested && e is OperationCanceledException or RpcException)
            {
                // Paused: what the receiver has by then it says when it is asked again.
                cancellation.ThrowIfCancellationRequested();
            }
            catch (RpcException e) when (!_wantsTickets && IsTicketWanted(e) && !cancellation.IsCancellationRequested)
            {
                _wantsTickets = true;
            }
            catch (RpcException e) when (MayPass(e) && !cancellation.IsCancellationRequested)
            {
                lastStep = told > furthest ? time.GetTimestamp() : lastStep;
                furthest = Math.Max(told, furthest);
                if (time.GetElapsedTime(lastStep) >= patience)
                    throw;
                await Task.Delay(RpcFailures.RetryDelayOf(e) ?? TryAgain, time, cancellation);
            }
        }

        async Task PauseAsync()
        {
            if (gate is not { IsPaused: true })
                return;
            await gate.WaitAsync(cancellation);
            lastStep = time.GetTimestamp();
        }

        void Tell(long bytes)
        {
            told += bytes;
            progress.Report(bytes);
        }
    }

    static bool IsTicketWanted(RpcException error) =>
        error.StatusCode == StatusCode.PermissionDenied && RpcFailures.ReasonOf(error) == "TICKET_REFUSED";

    // A receiver that did not notice yet that the connection broke still has the upload of before in its slot.
    static bool MayPass(RpcException error) => error.StatusCode == StatusCode.Unavailable
        || (error.StatusCode == StatusCode.ResourceExhausted && RpcFailures.ReasonOf(error) == "NO_SLOT");

    async Task<DescribeResponse> AskAsync(OutgoingFile file, CancellationToken cancellation)
    {
        DescribeRequest request = new() { Root = file.Content.Root.ToString(), Length = file.Content.Length, ForUpload = true };
        if (file.Ticket is { } ticket)
            request.Ticket = ticket;
        return await client.DescribeAsync(request, deadline: time.GetUtcNow().UtcDateTime + AnswerWithin, cancellationToken: cancellation);
    }

    async Task<UploadResponse> UploadAsync(
        SafeFileHandle handle, OutgoingFile file, long offset, Action<long> tell, CancellationToken cancellation)
    {
        using AsyncClientStreamingCall<UploadRequest, UploadResponse> call = client.Upload(cancellationToken: cancellation);
        BytesFieldWriter<UploadRequest, (SafeFileHandle File, long Offset)> chunks = new(
            call.RequestStream, UploadRequest.DataFieldNumber, static (target, from) => Read(from.File, target, from.Offset));
        try
        {
            await call.RequestStream.WriteAsync(new UploadRequest { Header = HeaderOf(file, handle, offset) }, cancellation);
            while (offset < file.Content.Length)
            {
                int length = (int)Math.Min(Chunk, file.Content.Length - offset);
                await chunks.WriteAsync(new UploadRequest(), length, (handle, offset), cancellation);
                offset += length;
                tell(length);
            }

            await call.RequestStream.CompleteAsync();
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException)
        {
            // The receiver answered before the end of the stream: its answer, read next, says why.
            cancellation.ThrowIfCancellationRequested();
        }

        return await call;
    }

    static void Read(SafeFileHandle file, Span<byte> target, long offset)
    {
        for (int read; target.Length > 0; target = target[read..], offset += read)
        {
            read = RandomAccess.Read(file, target, offset);
            if (read == 0)
                throw new EndOfStreamException("It has become shorter while it was sent.");
        }
    }

    static UploadHeader HeaderOf(OutgoingFile file, SafeFileHandle handle, long offset)
    {
        UploadHeader header = new()
        {
            Path = file.Name,
            Length = file.Content.Length,
            Root = file.Content.Root.ToString(),
            Time = Timestamp.FromDateTime(File.GetLastWriteTimeUtc(handle)),
            Executable = !OperatingSystem.IsWindows() && File.GetUnixFileMode(handle).HasFlag(UnixFileMode.UserExecute),
            Offset = offset,
        };
        if (file.Ticket is { } ticket)
            header.Ticket = ticket;
        return header;
    }
}
