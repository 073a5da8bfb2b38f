using Spectre.Console;

namespace P2P.Peers.CommandLine;

/// <summary>Where a transfer stands.</summary>
/// <param name="Done">Bytes that are here, or there.</param>
/// <param name="Total">Bytes in all, as far as known.</param>
/// <param name="Moved">Bytes that this run moved; the rate is told from them.</param>
/// <param name="Title">What is being moved.</param>
readonly record struct TransferState(long Done, long Total, long Moved, string Title);

/// <summary>
/// Shows rate and time left while a transfer runs: a bar on a terminal, a line every five seconds elsewhere, an object every
/// second with <c>--json</c>.
/// </summary>
sealed class TransferProgress(CommandOutput output, Func<TransferState> state, TimeProvider time)
{
    static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(5);
    static readonly TimeSpan ObjectEvery = TimeSpan.FromSeconds(1);
    static readonly TimeSpan BarEvery = TimeSpan.FromMilliseconds(200);

    readonly RateMeter _rate = new();
    readonly long _started = time.GetTimestamp();

    /// <summary>Runs the transfer and shows its progress until it ends, in whatever way.</summary>
    public Task RunAsync(Func<Task> transfer) => output.DrawsProgress ? DrawAsync(transfer) : TellAsync(transfer);

    Task DrawAsync(Func<Task> transfer)
    {
        ProgressColumn[] columns =
        [
            new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new TextColumn(Describe),
        ];
        return output.ErrorConsole.Progress().AutoClear(true).Columns(columns).StartAsync(async context =>
        {
            ProgressTask bar = context.AddTask("");
            await RepeatAsync(transfer(), BarEvery, now =>
            {
                bar.Description = Markup.Escape(SafeText.Escape(now.Title));
                bar.MaxValue = Math.Max(1, now.Total);
                bar.Value = now.Done;
            });
        });
    }

    Task TellAsync(Func<Task> transfer) => RepeatAsync(transfer(), output.Json ? ObjectEvery : LineEvery, now =>
    {
        output.Note($"{now.Title}: {Quantity.Bytes(now.Done)} of {Quantity.Bytes(now.Total)}, {Describe()}");
        output.Object(new
        {
            Event = "progress",
            now.Done,
            now.Total,
            BytesPerSecond = (long)_rate.BytesPerSecond,
            SecondsLeft = _rate.TimeLeft(now.Total - now.Done)?.TotalSeconds,
        });
    });

    async Task RepeatAsync(Task transfer, TimeSpan every, Action<TransferState> show)
    {
        using PeriodicTimer timer = new(every, time);
        Task<bool> tick = timer.WaitForNextTickAsync().AsTask();
        while (await Task.WhenAny(transfer, tick) != transfer)
        {
            TransferState now = state();
            _rate.Add(time.GetElapsedTime(_started), now.Moved);
            show(now);
            tick = timer.WaitForNextTickAsync().AsTask();
        }

        await transfer;
    }

    string Describe()
    {
        TransferState now = state();
        string left = _rate.TimeLeft(now.Total - now.Done) is { } time ? $"{Quantity.Time(time)} left" : "stalled";
        return $"{Quantity.Rate(_rate.BytesPerSecond)}, {left}";
    }

    sealed class TextColumn(Func<string> text) : ProgressColumn
    {
        public override Spectre.Console.Rendering.IRenderable Render(
            Spectre.Console.Rendering.RenderOptions options, ProgressTask task, TimeSpan deltaTime) => new Text(text());
    }
}
