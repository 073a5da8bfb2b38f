using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace P2P.Peers.Lines;

/// <summary>
/// Connections that peers make because this one cannot dial them. Such a one begins with the line <c>P2P-DIAL token</c>; from there on
/// this side is the client. Nothing is looked at while none is expected.
/// </summary>
sealed class DialIns(TimeProvider time) : IDialInDesk
{
    /// <summary>Hex digits of a token.</summary>
    const int TokenLength = 32;

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    readonly ConcurrentDictionary<string, Expected> _expected = new(StringComparer.Ordinal);

    /// <summary>The line with which a connection begins.</summary>
    public static byte[] Preamble(string token) => Encoding.ASCII.GetBytes($"P2P-DIAL {token}\r\n");

    /// <summary>Whether a text has the form of a token.</summary>
    public static bool IsToken(string token) => token.Length == TokenLength && token.All(char.IsAsciiHexDigitLower);

    /// <summary>Expects a connection, with a token that nobody knows yet, until disposal.</summary>
    public Expected Expect()
    {
        var expected = new Expected(this, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(TokenLength / 2)));
        _expected[expected.Token] = expected;
        return expected;
    }

    Task<IExpectedDialIn?> IDialInDesk.ExpectAsync(CancellationToken cancellationToken) => Task.FromResult<IExpectedDialIn?>(Expect());

    /// <summary>Has an end point look for them, before anything else does.</summary>
    public void AddTo(ListenOptions endpoint) => endpoint.Use(next => connection => OnConnectionAsync(connection, next));

    async Task OnConnectionAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (_expected.IsEmpty || await TokenAsync(connection).ConfigureAwait(false) is not { } token)
        {
            await next(connection).ConfigureAwait(false);
            return;
        }

        if (!_expected.TryRemove(token, out var expected))
        {
            // Late, or forged: there is nothing to be said to it.
            return;
        }

        await using var stream = new JoinedStream(connection.Transport.Input.AsStream(), connection.Transport.Output.AsStream());
        var stops = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
        await using var stop = stops.UnsafeRegister(static stream => ((JoinedStream)stream!).Dispose(), stream).ConfigureAwait(false);
        if (expected.Bring(stream))
        {
            await stream.Closed.ConfigureAwait(false);
        }
    }

    /// <summary>The token with which a connection begins; null, with nothing consumed, where it does not.</summary>
    async Task<string?> TokenAsync(ConnectionContext connection)
    {
        using var late = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, connection.ConnectionClosed);
        var input = connection.Transport.Input;
        try
        {
            while (true)
            {
                var result = await input.ReadAsync(either.Token).ConfigureAwait(false);
                var (isPossible, token) = Match(result.Buffer);
                if (token is not null)
                {
                    input.AdvanceTo(result.Buffer.GetPosition(Preamble(token).Length));
                    return token;
                }

                if (!isPossible || result.IsCompleted)
                {
                    input.AdvanceTo(result.Buffer.Start);
                    return null;
                }

                input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            }
        }
        catch (OperationCanceledException)
        {
            // Whoever says nothing for so long is a matter of the limits of those behind.
            return null;
        }
    }

    internal static (bool IsPossible, string? Token) Match(ReadOnlySequence<byte> opening)
    {
        var whole = Preamble(new string('0', TokenLength));
        var length = (int)Math.Min(opening.Length, whole.Length);
        var text = Encoding.Latin1.GetString(opening.Slice(0, length));
        var form = Encoding.ASCII.GetString(whole);
        for (var i = 0; i < length; i++)
        {
            if (form[i] == '0' ? !char.IsAsciiHexDigitLower(text[i]) : text[i] != form[i])
            {
                return (false, null);
            }
        }

        return (true, length == whole.Length ? text.Substring(form.IndexOf('0', StringComparison.Ordinal), TokenLength) : null);
    }

    /// <summary>A connection that is to come.</summary>
    internal sealed class Expected(DialIns owner, string token) : IExpectedDialIn
    {
        readonly TaskCompletionSource<Stream> _came = new(TaskCreationOptions.RunContinuationsAsynchronously);
        bool _kept;

        public string Token => token;

        public Task<Stream> Came => _came.Task;

        public void Keep() => _kept = true;

        public bool Bring(Stream stream) => _came.TrySetResult(stream);

        /// <summary>Expects it no more; one that came and is not wanted is closed.</summary>
        public void Dispose()
        {
            owner._expected.TryRemove(token, out _);
            if (!_kept && !_came.TrySetCanceled() && _came.Task.IsCompletedSuccessfully)
            {
                _came.Task.Result.Dispose();
            }
        }
    }
}
