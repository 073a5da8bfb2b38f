namespace P2P.Server.Hosting;

/// <summary>
/// Looks at the certificate's files now and then. By their contents: what tools that renew certificates do (links, renames, a copy over the
/// old file) looks different to every file system's notifications.
/// </summary>
sealed partial class CertificateWatch(DirectoryCertificate certificate, TimeProvider time, ILogger<CertificateWatch> log) : BackgroundService
{
    static readonly TimeSpan Tick = TimeSpan.FromSeconds(5);

    string? _told;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Tick, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                Look();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The directory stops.
        }
    }

    void Look()
    {
        var (changed, problem) = certificate.Reload();
        if (changed)
        {
            Changed();
        }
        else if (problem is not null && problem != _told)
        {
            Unusable(problem);
        }

        _told = problem;
    }

    [LoggerMessage(EventId = 500, Level = LogLevel.Information, Message = "The certificate's files changed; new connections get the new one.")]
    partial void Changed();

    [LoggerMessage(EventId = 501, Level = LogLevel.Error, Message = "The certificate's files changed and cannot be used; the old certificate stays: {Problem}")]
    partial void Unusable(string problem);
}
