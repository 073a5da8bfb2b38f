using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using P2P.Server.Accounts;
using P2P.Server.Admin;

namespace P2P.Server.Hosting;

/// <summary>The program's options.</summary>
static class CommandLine
{
    static readonly Option<string?> Urls = new("--urls") { Description = "Where to listen, separated by ; [ASPNETCORE_URLS; http://localhost:5000]", HelpName = "URLS" };
    static readonly Option<string?> Data = new("--data") { Description = "The data folder [Directory__Data; p2p/directory in the XDG data folder]", HelpName = "DIR" };
    static readonly Option<string?> Store = new("--store") { Description = "A PostgreSQL connection string, for several directories over one database; a password is better in PGPASSWORD or Passfile [Directory__Store; the data folder]", HelpName = "Host=…" };
    static readonly Option<string?> Access = new("--access") { Description = "Who may call [Directory__Access; open on loopback, else members]" };
    static readonly Option<bool> AllowPlaintext = new("--allow-plaintext") { Description = "Serve cleartext off loopback: passwords, tokens and files can then be read and changed on the way" };
    static readonly Option<bool> AllowDeclared = new("--allow-declared") { Description = "In members access, let peers share without proving a key" };
    static readonly Option<string[]> BehindProxy = new("--behind-proxy") { Description = "Address of a proxy whose forwarding headers count; implies --access members", HelpName = "ADDR" };

    static readonly Option<string[]> AllowForeign = new("--allow-foreign") { Description = "Network whose addresses a peer may name as its own though it calls from another address [Directory__AllowForeign__0; none]", HelpName = "NET" };

    static readonly Option<string?> Otlp = new("--otlp") { Description = "Where to send metrics and traces by OpenTelemetry's protocol [Directory__Otlp, OTEL_EXPORTER_OTLP_ENDPOINT; nowhere]", HelpName = "URL" };
    static readonly Option<string?> Certificate = new("--cert") { Description = "Certificate with its chain, PEM; read again when it changes [Directory__Certificate; one of its own]", HelpName = "FILE" };
    static readonly Option<string?> Key = new("--key") { Description = "The certificate's key, PEM, if it is not in the same file [Directory__Key]", HelpName = "FILE" };

    static readonly Option<bool> OperatorCode = new("--operator-code") { Description = "Give a single-use code that registers an operator, in open access too, and also when there are operators who have lost their passwords [in members access while there is no operator]" };

    static readonly string[] Examples =
    [
        "p2p-directory",
        "p2p-directory --urls http://localhost:7000 --data /srv/p2p",
        "p2p-directory --urls https://0.0.0.0:5000",
        "p2p-directory --urls https://0.0.0.0:5000 --cert fullchain.pem --key privkey.pem",
        "p2p-directory --operator-code",
        "p2p-directory --store 'Host=db1,db2;Username=p2p;Database=p2p'",
    ];

    /// <summary>Parses, and runs the program with what was said.</summary>
    public static Task<int> RunAsync(string[] args, Func<GivenOptions, Task<int>> run)
    {
        var root = new RootCommand("The directory of a private peer-to-peer network: who is here, what they share, where a content is.")
        {
            Urls, Data, Store, Certificate, Key, Access, AllowPlaintext, AllowDeclared, AllowForeign, BehindProxy, Otlp, OperatorCode,
            Admin(),
        };
        Access.AcceptOnlyFromAmong("open", "members");
        root.SetAction((parsed, _) =>
        {
            var given = new GivenOptions(
                parsed.GetValue(Urls), parsed.GetValue(Data), Mode(parsed.GetValue(Access)), parsed.GetValue(AllowPlaintext),
                parsed.GetValue(AllowDeclared), parsed.GetValue(BehindProxy) ?? []);
            return run(given with
            {
                Store = parsed.GetValue(Store),
                Foreign = parsed.GetValue(AllowForeign) ?? [],
                Otlp = parsed.GetValue(Otlp),
                Certificate = parsed.GetValue(Certificate),
                Key = parsed.GetValue(Key),
                OperatorCode = parsed.GetValue(OperatorCode),
            });
        });
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((SynchronousCommandLineAction)help.Action!);
        var result = root.Parse(args);
        if (result.Errors.Count == 0)
        {
            return result.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }

        foreach (var error in result.Errors)
        {
            Console.Error.WriteLine($"p2p-directory: {error.Message}");
        }

        Console.Error.WriteLine("Try 'p2p-directory --help'.");
        return Task.FromResult(ExitCodes.Usage);
    }

    /// <summary>For the help only: who says it first comes to <see cref="AdminProgram"/> and never here.</summary>
    static Command Admin()
    {
        var admin = new Command(AdminProgram.Word, AdminProgram.Description);
        admin.SetAction(_ =>
        {
            Console.Error.WriteLine($"{AdminProgram.Name}: '{AdminProgram.Word}' comes first, and takes none of the options that start a directory.");
            return ExitCodes.Usage;
        });
        return admin;
    }

    static AccessMode? Mode(string? text) => text is null ? null : Enum.Parse<AccessMode>(text, ignoreCase: true);

    sealed class HelpWithExamples(SynchronousCommandLineAction usual) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            var result = usual.Invoke(parseResult);
            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            Array.ForEach(Examples, example => output.WriteLine("  " + example));
            output.WriteLine();
            output.WriteLine($"Exit codes (those of {AdminProgram.Word} are in its own help):");
            foreach (var (code, meaning) in ExitCodes.All)
            {
                output.WriteLine($"  {code}  {meaning}");
            }

            return result;
        }
    }
}

/// <summary>What was said on the command line.</summary>
sealed record GivenOptions(
    string? Urls, string? Data, AccessMode? Access, bool AllowPlaintext, bool AllowDeclared, IReadOnlyList<string> Proxies)
{
    /// <summary>A connection string of PostgreSQL; unset for the store in the data folder.</summary>
    public string? Store { get; init; }

    /// <summary>Networks whose addresses peers may name though they call from others.</summary>
    public IReadOnlyList<string> Foreign { get; init; } = [];

    /// <summary>Where to send metrics and traces.</summary>
    public string? Otlp { get; init; }

    /// <summary>A certificate's file; unset for one of the directory's own.</summary>
    public string? Certificate { get; init; }

    /// <summary>The certificate's key, if it is in a file of its own.</summary>
    public string? Key { get; init; }

    /// <summary>Give a code that registers an operator, whatever there is.</summary>
    public bool OperatorCode { get; init; }
}
