using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using P2P.Commands;
using P2P.Server.Admin;
using P2P.Server.Hosting;
using P2P.Server.Store;
using P2P.Server.Store.Postgres;
using ExitCodes = P2P.Server.Hosting.ExitCodes;

if (args is [AdminProgram.Word, ..])
{
    return await AdminProgram.RunAsync(args, CommandHost.OfThisProcess(), CancellationToken.None);
}

return await CommandLine.RunAsync(args, async given =>
{
    try
    {
        await RunAsync(given);
        return ExitCodes.Stopped;
    }
    catch (StartRefusedException refusal)
    {
        await Console.Error.WriteLineAsync($"p2p-directory: {refusal.Message}");
        return refusal.ExitCode;
    }
    catch (Exception failure) when (failure is StoreUnusableException or OutcomeUnknownException)
    {
        await Console.Error.WriteLineAsync($"p2p-directory: {failure.Message} ({failure.InnerException?.Message})");
        return ExitCodes.Store;
    }
});

static async Task RunAsync(GivenOptions given)
{
    var builder = WebApplication.CreateBuilder();
    builder.Logging.SetMinimumLevel(LogLevel.Warning);
    // What it says when a port is taken is said below, in a sentence.
    builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
    if (given.Urls is not null)
    {
        builder.Configuration["urls"] = given.Urls;
    }

    var options = StartOptions.Read(given, builder.Configuration);
    using var telemetry = Telemetry.Start(options.Otlp);
    using var folder = DataFolder.Open(options.DataFolder);
    using var loggers = LoggerFactory.Create(logging => logging.AddConsole());
    await using IDirectoryStore store = options.Store is { } shared
        ? await PostgresStore.OpenAsync(shared, TimeProvider.System, loggers.CreateLogger<PostgresStore>())
        : folder.OpenStore(loggers.CreateLogger<SqliteStore>(), options.SyncWrites);
    await using var app = await DirectoryHost.BuildAsync(builder, options, store);
    try
    {
        await app.StartAsync();
    }
    catch (Exception exception) when (exception is IOException or SocketException or InvalidOperationException)
    {
        // Taken, not this machine's, or https without a certificate.
        var sentence = exception.InnerException is AddressInUseException ? "Another program listens there; choose another port with --urls." : "";
        throw new StartRefusedException(ExitCodes.Address, $"{exception.Message} {sentence}".TrimEnd());
    }

    var code = await OperatorCode.GiveAsync(app.Services, options.Access, given.OperatorCode, !Console.IsOutputRedirected, folder.Path);
    Console.WriteLine(WelcomeText.Of([.. app.Urls], folder.Path, options.Access, code, app.Services.GetService<DirectoryCertificate>()));
    await app.WaitForShutdownAsync();
}
