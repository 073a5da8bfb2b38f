using P2P.Content;
using P2P.Peers.Fetching;

namespace P2P.Peers.Serving;

/// <summary>Serves the downloads of this process itself, such as those that come over its Control line. That it cannot is no failure of theirs.</summary>
sealed class ShelfParts(PartialShelf shelf) : IPartSharing
{
    public ISharedPart? Begin(PartFile part, string name, Func<CancellationToken, Task<byte[]?>> pieceLayer) =>
        part.Content.Length >= IPartSharing.ShortestLength ? new ShelfPart(shelf, part, name, pieceLayer) : null;

    sealed class ShelfPart : ISharedPart
    {
        static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(5);

        readonly PieceNews _pieces;
        readonly CancellationTokenSource _stop = new();
        readonly Task _run;

        public ShelfPart(PartialShelf shelf, PartFile part, string name, Func<CancellationToken, Task<byte[]?>> pieceLayer)
        {
            _pieces = new PieceNews(part);
            _run = RunAsync(shelf, part.Content, NameSanitizer.Sanitize(name), part.Path, pieceLayer);
        }

        public void Add(long piece) => _pieces.Add(piece);

        public async ValueTask DisposeAsync()
        {
            _pieces.End();
            _stop.CancelAfter(EndWithin);
            await _run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stop.Dispose();
        }

        async Task RunAsync(PartialShelf shelf, ContentId content, string name, string partFile, Func<CancellationToken, Task<byte[]?>> pieceLayer)
        {
            // The download does not wait for what is done before the first wait.
            await Task.Yield();
            if (await pieceLayer(_stop.Token).ConfigureAwait(false) is not { } layer
                || PartialContent.Open(content, name, partFile, layer) is not { } served)
            {
                return;
            }

            if (!shelf.Add(served))
            {
                served.Close();
                return;
            }

            try
            {
                while (await _pieces.Reader.WaitToReadAsync(_stop.Token).ConfigureAwait(false))
                {
                    while (_pieces.Reader.TryRead(out var piece))
                    {
                        if (!served.Add(piece))
                        {
                            return;
                        }
                    }
                }
            }
            finally
            {
                shelf.End(served);
            }
        }
    }
}
