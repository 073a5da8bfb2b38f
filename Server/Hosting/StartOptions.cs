using System.ComponentModel.DataAnnotations;
using System.Net;
using P2P.Server.Accounts;
using P2P.Server.Calls;
using P2P.Server.Catalogs;
using P2P.Server.Dialing;
using P2P.Server.Lines;
using P2P.Server.Relay;
using P2P.Server.Search;
using P2P.Server.Sessions;
using P2P.Server.Tickets;
using P2P.Server.Watching;

namespace P2P.Server.Hosting;

/// <summary>What command line, environment and settings file say together, checked before anything is opened.</summary>
sealed record StartOptions(
    string DataFolder, string? Store, AccessPolicy Access, bool LoopbackOnly, bool SyncWrites, IReadOnlyList<IPAddress> Proxies,
    LeaseOptions Leases, CatalogOptions Catalogs, SearchLimits Search, PasswordOptions Passwords, RelayOptions Relay, WatchOptions Watch,
    LineOptions Lines,
    TicketOptions Tickets, AttemptOptions Attempts, ConnectionOptions Connections, DialBackOptions DialBack, CertificateFiles? Certificate)
{
    /// <summary>The section of appsettings.json, and the beginning of environment variables (<c>Directory__Data</c>).</summary>
    public const string Section = "Directory";

    /// <summary>Addresses that peers may name though they call from others.</summary>
    public ForeignAddresses Foreign { get; init; } = new([]);

    /// <summary>Where to send metrics and traces; unset for where the environment says, or nowhere.</summary>
    public Uri? Otlp { get; init; }

    const string RelaySection = "Relay";
    const string WatchSection = "Watch";
    const string LinesSection = "Lines";
    const string TicketsSection = "Tickets";
    const string AttemptsSection = "Attempts";
    const string ConnectionsSection = "Connections";
    const string DialBackSection = "DialBack";

    /// <exception cref="StartRefusedException">A setting cannot be used; the message names it.</exception>
    public static StartOptions Read(GivenOptions given, IConfiguration configuration)
    {
        if (!Fold.IsUsable)
        {
            throw new StartRefusedException(
                ExitCodes.Failed,
                "Search needs ICU, which tells it what letters there are: install libicu, and do not set DOTNET_SYSTEM_GLOBALIZATION_INVARIANT.");
        }

        try
        {
            return Convert(given, configuration);
        }
        catch (Exception exception) when (exception is FormatException or InvalidOperationException)
        {
            // An address that is none; a setting that is not of its type.
            throw new StartRefusedException(ExitCodes.Usage, exception.Message);
        }
    }

    static StartOptions Convert(GivenOptions given, IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        var listen = ListenAddresses.Of(configuration);
        if (listen.CleartextOffLoopback && !given.AllowPlaintext && !section.GetValue<bool>("AllowPlaintext"))
        {
            throw new StartRefusedException(
                ExitCodes.Unsafe,
                "Listening off loopback without TLS would show passwords, tokens and files to everyone on the way. "
                + "Give an https address (with --cert, or the directory makes a certificate), or say --allow-plaintext.");
        }

        return new StartOptions(
            given.Data ?? section["Data"] ?? Hosting.DataFolder.Default,
            given.Store ?? section["Store"],
            Policy(given, section, listen),
            listen.LoopbackOnly,
            section.GetValue("SyncWrites", true),
            [.. given.Proxies.Select(Proxy)],
            Checked(section.Get<LeaseOptions>() ?? new LeaseOptions()),
            Checked(section.Get<CatalogOptions>() ?? new CatalogOptions()),
            Checked(section.Get<SearchLimits>() ?? new SearchLimits()),
            Checked(section.Get<PasswordOptions>() ?? new PasswordOptions()),
            Checked(section.GetSection(RelaySection).Get<RelayOptions>() ?? new RelayOptions()),
            Checked(section.GetSection(WatchSection).Get<WatchOptions>() ?? new WatchOptions()),
            Checked(section.GetSection(LinesSection).Get<LineOptions>() ?? new LineOptions()),
            Checked(section.GetSection(TicketsSection).Get<TicketOptions>() ?? new TicketOptions()),
            Checked(section.GetSection(AttemptsSection).Get<AttemptOptions>() ?? new AttemptOptions()),
            Checked(section.GetSection(ConnectionsSection).Get<ConnectionOptions>() ?? new ConnectionOptions()),
            Checked(section.GetSection(DialBackSection).Get<DialBackOptions>() ?? new DialBackOptions()),
            CertificateOf(given, section, listen))
        {
            Foreign = new ForeignAddresses([.. given.Foreign.Concat(section.GetSection("AllowForeign").Get<string[]>() ?? []).Select(Network)]),
            Otlp = (given.Otlp ?? section["Otlp"]) is { } endpoint ? Endpoint(endpoint) : null,
        };
    }

    /// <summary>What is given counts, also over the Kestrel section; without it the directory makes its own where one is needed.</summary>
    static CertificateFiles? CertificateOf(GivenOptions given, IConfigurationSection section, ListenAddresses listen)
    {
        var (certificate, key) = (given.Certificate ?? section["Certificate"], given.Key ?? section["Key"]);
        if (certificate is null && key is not null)
        {
            throw new StartRefusedException(ExitCodes.Usage, "--key is the key of --cert: give both, or neither.");
        }

        return certificate is not null || listen.NeedsCertificate ? new CertificateFiles(certificate, key) : null;
    }

    static AccessPolicy Policy(GivenOptions given, IConfigurationSection section, ListenAddresses listen)
    {
        var said = given.Access ?? section.GetValue<AccessMode?>("Access");
        if (given.Proxies.Count > 0 && said == AccessMode.Open)
        {
            throw new StartRefusedException(
                ExitCodes.Unsafe, "--behind-proxy implies --access members: behind a proxy all strangers have the same address.");
        }

        var isOpen = said ?? (listen.LoopbackOnly && given.Proxies.Count == 0 ? AccessMode.Open : AccessMode.Members);
        return new AccessPolicy(isOpen, given.AllowDeclared || section.GetValue<bool>("AllowDeclared"));
    }

    static Uri Endpoint(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
            ? uri
            : throw new StartRefusedException(ExitCodes.Usage, $"--otlp wants an http or https URL, such as http://localhost:4317, not '{text}'.");

    static IPAddress Proxy(string text) => IPAddress.TryParse(text, out var ip)
        ? ip
        : throw new StartRefusedException(ExitCodes.Usage, $"--behind-proxy wants a literal IP address, not '{text}'.");

    static IPNetwork Network(string text) => IPNetwork.TryParse(text, out var network)
        ? network
        : throw new StartRefusedException(ExitCodes.Usage, $"--allow-foreign wants a network, such as 192.168.7.0/24, not '{text}'.");

    static T Checked<T>(T options)
        where T : notnull
    {
        var faults = new List<ValidationResult>();
        return Validator.TryValidateObject(options, new ValidationContext(options), faults, validateAllProperties: true)
            ? options
            : throw new StartRefusedException(ExitCodes.Usage, $"{Section}: {faults[0].ErrorMessage}");
    }
}
