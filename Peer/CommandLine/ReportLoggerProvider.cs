namespace P2P.Peers.CommandLine;

/// <summary>Brings log messages to the report, so that they neither tear a progress bar nor break a line of JSON.</summary>
sealed class ReportLoggerProvider(ShareReport report) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new ReportLogger(report);

    public void Dispose()
    {
        // Nothing is held.
    }

    sealed class ReportLogger(ShareReport report) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            report.Log(logLevel, exception is null ? formatter(state, exception) : $"{formatter(state, exception)} {exception.Message}");
    }
}
