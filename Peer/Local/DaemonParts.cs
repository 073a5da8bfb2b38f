using Google.Protobuf;
using Grpc.Core;
using P2P.Content;
using P2P.Peers.Fetching;
using P2P.Peers.Local.V1;

namespace P2P.Peers.Local;

/// <summary>Has the running daemon serve downloads that are under way. That it cannot is no failure of the download.</summary>
sealed class DaemonParts(LocalDaemon daemon) : IPartSharing
{
    public ISharedPart? Begin(PartFile part, string name, Func<CancellationToken, Task<byte[]?>> pieceLayer) =>
        part.Content.Length >= IPartSharing.ShortestLength ? new SharedPart(daemon.Client, part, name, pieceLayer) : null;

    sealed class SharedPart : ISharedPart
    {
        const int MostPieces = 1000;

        static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(5);

        readonly PieceNews _pieces;
        readonly CancellationTokenSource _stop = new();
        readonly Task _run;

        public SharedPart(Daemon.DaemonClient client, PartFile part, string name, Func<CancellationToken, Task<byte[]?>> pieceLayer)
        {
            _pieces = new PieceNews(part);
            PartHeader header = new() { Root = part.Content.Root.ToString(), Length = part.Content.Length, Name = name, PartFile = part.Path };
            _run = RunAsync(client, header, pieceLayer);
        }

        public void Add(long piece) => _pieces.Add(piece);

        public async ValueTask DisposeAsync()
        {
            _pieces.End();
            _stop.CancelAfter(EndWithin);
            await _run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stop.Dispose();
        }

        async Task RunAsync(Daemon.DaemonClient client, PartHeader header, Func<CancellationToken, Task<byte[]?>> pieceLayer)
        {
            if (await pieceLayer(_stop.Token) is not { } layer)
                return;
            header.PieceLayer = ByteString.CopyFrom(layer);
            using AsyncClientStreamingCall<ServePartRequest, ServePartResponse> call = client.ServePart(cancellationToken: _stop.Token);
            await call.RequestStream.WriteAsync(new ServePartRequest { Header = header }, _stop.Token);
            while (await _pieces.Reader.WaitToReadAsync(_stop.Token))
            {
                ServePartRequest news = new();
                while (news.Pieces.Count < MostPieces && _pieces.Reader.TryRead(out long piece))
                    news.Pieces.Add(piece);
                await call.RequestStream.WriteAsync(news, _stop.Token);
            }

            await call.RequestStream.CompleteAsync();
            await call;
        }
    }
}
