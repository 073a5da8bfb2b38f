using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace P2P.Peers.Lines;

/// <summary>A stream that Kestrel serves as if it had come in at a port.</summary>
sealed class CarriedConnection : DefaultConnectionContext
{
    readonly Stream _stream;
    readonly CancellationTokenSource _closed = new();
    readonly TaskCompletionSource _served = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public CarriedConnection(Stream stream)
        : base(Guid.NewGuid().ToString("N"))
    {
        _stream = stream;
        ConnectionClosed = _closed.Token;
        Transport = new Duplex(PipeReader.Create(stream), PipeWriter.Create(stream));
    }

    /// <summary>Ends when Kestrel is done with it.</summary>
    public Task Served => _served.Task;

    public override void Abort(ConnectionAbortedException abortReason)
    {
        _closed.Cancel();
        _stream.Dispose();
    }

    public override async ValueTask DisposeAsync()
    {
        try
        {
            await Transport.Output.CompleteAsync().ConfigureAwait(false);
            await Transport.Input.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception broken) when (broken is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // What was still to be sent has nowhere to go.
            _closed.Cancel();
        }
        finally
        {
            await _stream.DisposeAsync().ConfigureAwait(false);
            _served.TrySetResult();
        }

        _closed.Dispose();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
