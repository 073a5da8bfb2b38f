using Grpc.Core;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Sessions;

namespace P2P.Server.Lines;

/// <summary>Holds Control lines: 1. the hello, 2. into the registry, 3. commands out and answers in until it is over, 4. out of the registry.</summary>
sealed class LineDesk(LineRegistry lines, SessionTable sessions, LineOptions options, IHostApplicationLifetime lifetime, TimeProvider time)
{
    public async Task RunAsync(
        IAsyncStreamReader<ControlRequest> reader, IServerStreamWriter<ControlResponse> writer, Session session, CancellationToken cancellationToken)
    {
        var peer = session.Peer ?? throw new RefusalException(ErrorReason.NotProven, "Only a peer holds a Control line, and the session is a reader's.");
        // 1.
        var first = await Opening.ReadAsync(reader, options.AnswerSeconds, time, cancellationToken).ConfigureAwait(false);
        var hello = first?.Hello ?? throw Opening.Violation("hello", "must be the first message of a line");
        using var line = new ControlLine(session, peer, hello.AcceptsFetch, options, time);
        using var silence = new IdleLimit(TimeSpan.FromSeconds(options.SilenceSeconds), time);
        // 2.
        lines.Add(line);
        try
        {
            // 3.
            await using (silence.Token.UnsafeRegister(static line => ((ControlLine)line!).End(LineEnd.Silent), line))
            await using (session.Ended.UnsafeRegister(static line => ((ControlLine)line!).End(LineEnd.SessionEnded), line))
            await using (lifetime.ApplicationStopping.UnsafeRegister(static line => ((ControlLine)line!).End(LineEnd.Stopping), line))
            await using (cancellationToken.UnsafeRegister(static line => ((ControlLine)line!).End(LineEnd.Closed), line))
            {
                await Task.WhenAll(ReadAsync(reader, line, silence), WriteAsync(writer, line)).ConfigureAwait(false);
            }
        }
        finally
        {
            // 4.
            lines.Remove(line);
        }

        if (Status(line) is { } failure)
        {
            throw failure;
        }
    }

    static async Task ReadAsync(IAsyncStreamReader<ControlRequest> reader, ControlLine line, IdleLimit silence)
    {
        try
        {
            while (await reader.MoveNext(line.Over).ConfigureAwait(false))
            {
                silence.Touch();
                line.Take(reader.Current);
            }
        }
        catch (Exception stopped) when (line.Ended != LineEnd.None && stopped is OperationCanceledException or RpcException)
        {
            // It is over for a reason that is known.
            return;
        }
        finally
        {
            // Also where a message could not be read: the writing half must not outlive this one.
            line.End(LineEnd.Closed);
        }
    }

    async Task WriteAsync(IServerStreamWriter<ControlResponse> writer, ControlLine line)
    {
        // A command that is being written when the line ends gets some time: to break it off would be to break the connection, and the daemon
        // would not be told why.
        var last = TimeSpan.FromSeconds(options.AnswerSeconds);
        using var unread = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        await using var over = line.Over.UnsafeRegister(_ => unread.CancelAfter(last), null).ConfigureAwait(false);
        try
        {
            await foreach (var command in line.Commands(line.Over).ConfigureAwait(false))
            {
                await writer.WriteAsync(command, unread.Token).ConfigureAwait(false);
            }
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or RpcException or IOException)
        {
            line.End(LineEnd.Closed);
        }
    }

    /// <summary>What the daemon is told; null where it left by itself.</summary>
    Exception? Status(ControlLine line) => line.Ended switch
    {
        LineEnd.Replaced => new RpcException(new Status(StatusCode.Aborted, "A newer line of this session took this one's place.")),
        LineEnd.SessionEnded => new RefusalException(sessions.Find(line.Session.TokenHash).Refusal, "The session has ended."),
        LineEnd.Silent => new RpcException(new Status(StatusCode.DeadlineExceeded, $"Nothing came over the line for {options.SilenceSeconds} s.")),
        LineEnd.Slow => new RpcException(new Status(StatusCode.ResourceExhausted, $"{options.QueueLength} commands wait to be read.")),
        LineEnd.Stopping => new RpcException(new Status(StatusCode.Unavailable, "The directory stops.")),
        _ => null,
    };
}
