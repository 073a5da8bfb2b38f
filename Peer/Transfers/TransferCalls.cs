using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace P2P.Peers.Transfers;

/// <summary>Asks transfers of other processes of this user.</summary>
static class TransferCalls
{
    const int LongestAnswer = 4096;

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Says a word to a transfer.</summary>
    /// <returns>Its state then; null if it does not answer.</returns>
    public static async Task<LiveState?> SayAsync(TransferRecord transfer, string word, TimeProvider time, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(transfer.Socket), either.Token).ConfigureAwait(false);
            await socket.SendAsync(Encoding.ASCII.GetBytes(word + "\n"), either.Token).ConfigureAwait(false);
            var answer = new byte[LongestAnswer];
            var length = 0;
            int read;
            do
            {
                read = await socket.ReceiveAsync(answer.AsMemory(length), either.Token).ConfigureAwait(false);
                length += read;
            }
            while (read > 0 && length < answer.Length);
            return JsonSerializer.Deserialize(answer.AsSpan(0, length), TransferJson.Default.LiveState);
        }
        catch (Exception gone) when (gone is SocketException or JsonException || (gone is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }
}
