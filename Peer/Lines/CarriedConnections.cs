using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using P2P.Peers.Dialing;

namespace P2P.Peers.Lines;

/// <summary>
/// Connections that did not come in at the port: relayed, or dialled out by this peer. Kestrel accepts them from here as from a socket,
/// with the same TLS and the same limits, so that the services behind cannot tell the difference.
/// </summary>
sealed class CarriedConnections : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    /// <summary>At once; whoever comes then is told that this peer is busy.</summary>
    const int Most = 32;

    readonly Channel<ConnectionContext> _waiting = Channel.CreateBounded<ConnectionContext>(Most);
    readonly int[] _open = new int[Enum.GetValues<PeerRoute>().Length];
    readonly int[] _total = new int[Enum.GetValues<PeerRoute>().Length];
    int _taken;

    /// <summary>What Kestrel listens on.</summary>
    public EndPoint EndPoint { get; } = new CarriedEndPoint();

    public int Open(PeerRoute route) => Volatile.Read(ref _open[(int)route]);

    /// <summary>Since the start.</summary>
    public int Total(PeerRoute route) => Volatile.Read(ref _total[(int)route]);

    /// <summary>Takes a place for a connection until <see cref="Leave"/>. False if all are taken.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _taken) <= Most)
        {
            return true;
        }

        Leave();
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _taken);

    /// <summary>Serves a stream until one of its ends closes it, and disposes of it.</summary>
    public async Task ServeAsync(Stream stream, PeerRoute route, CancellationToken cancellationToken)
    {
        var connection = new CarriedConnection(stream);
        Interlocked.Increment(ref _total[(int)route]);
        Interlocked.Increment(ref _open[(int)route]);
        try
        {
            await _waiting.Writer.WriteAsync(connection, cancellationToken).ConfigureAwait(false);
            await connection.Served.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            // The host stops.
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            connection.Abort(new ConnectionAbortedException("The peer stops."));
            throw;
        }
        finally
        {
            Interlocked.Decrement(ref _open[(int)route]);
        }
    }

    public bool CanBind(EndPoint endpoint) => ReferenceEquals(endpoint, EndPoint);

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IConnectionListener>(new Listener(this));

    sealed class CarriedEndPoint : EndPoint
    {
        public override string ToString() => "carried";
    }

    sealed class Listener(CarriedConnections owner) : IConnectionListener
    {
        public EndPoint EndPoint => owner.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
            await owner._waiting.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false)
            && owner._waiting.Reader.TryRead(out var connection)
                ? connection
                : null;

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            owner._waiting.Writer.TryComplete();
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            owner._waiting.Writer.TryComplete();
            return ValueTask.CompletedTask;
        }
    }
}
