using System.CommandLine;

namespace P2P.Commands;

/// <summary>The options that every command has.</summary>
public sealed class CommonOptions
{
    readonly Option<string?> _directory = Text("--directory", "-d", "URL", "The directory [P2P_DIRECTORY; http://localhost:5000]");
    readonly Option<string?> _print = Text("--directory-print", null, "PRINT",
        "Print of the directory's key, which it tells at its start [P2P_DIRECTORY_PRINT; the key that it shows at first, and no other later]");
    readonly Option<bool> _plaintext = Flag("--allow-plaintext",
        "Do without encryption beyond this machine: everyone on the way can read and change what is sent, passwords too, and who can reach a sharing peer can fetch from it. For closed test networks only [P2P_ALLOW_PLAINTEXT]");
    readonly Option<string?> _user = Text("--user", "-u", "NAME", "Account [P2P_USER; none]");
    readonly Option<string?> _password = Text("--password", null, "TEXT",
        "Its password; others on this machine can see it, so better use P2P_PASSWORD or --password-file");
    readonly Option<string?> _passwordFile = Text("--password-file", null, "FILE", "File whose first line is the password [P2P_PASSWORD_FILE]");
    readonly Option<string?> _invitation = Text("--invitation", null, "CODE",
        "Single-use code of the directory's operator: registers the user with this password, or sets it anew [P2P_INVITATION]");
    readonly Option<string?> _data = Text("--data", null, "DIR", "The peer's own data [P2P_DATA; p2p/peer in the XDG data folder]");
    readonly Option<string?> _config = Text("--config", null, "FILE", "Settings [P2P_CONFIG; p2p/peer.json in the XDG config folder]");
    readonly Option<bool> _json = Flag("--json", "Write JSON: one object, or one a line");
    readonly Option<bool> _verbose = Flag("--verbose", "Tell more, on standard error");

    readonly string _program;
    readonly Option[] _shown;

    CommonOptions(string program, bool isPeer)
    {
        _program = program;
        Option[] ofPeer = isPeer ? [_password, _invitation, _data] : [];
        _shown = [_directory, _print, _plaintext, _user, _passwordFile, .. ofPeer, _config, _json, _verbose];
    }

    /// <summary>All of them.</summary>
    /// <param name="program">What failures begin with.</param>
    public static CommonOptions OfPeer(string program) => new(program, isPeer: true);

    /// <summary>Those of who runs the directory: no secret is ever an argument.</summary>
    /// <param name="program">What failures begin with.</param>
    public static CommonOptions OfOperator(string program) => new(program, isPeer: false);

    public void AddTo(Command root)
    {
        foreach (Option option in _shown)
            root.Add(option);
    }

    public CommandOutput OpenOutput(ParseResult parsed, CommandHost host) =>
        new(host, _program, parsed.GetValue(_json), parsed.GetValue(_verbose));

    /// <exception cref="SettingsException">A setting cannot be used.</exception>
    public ClientSettings LoadSettings(ParseResult parsed, CommandHost host) => ClientSettingsLoader.Load(
        new GivenSettings
        {
            Directory = parsed.GetValue(_directory),
            DirectoryPrint = parsed.GetValue(_print),
            AllowPlaintext = parsed.GetValue(_plaintext),
            User = parsed.GetValue(_user),
            Password = parsed.GetValue(_password),
            Invitation = parsed.GetValue(_invitation),
            PasswordFile = parsed.GetValue(_passwordFile),
            Data = parsed.GetValue(_data),
            Config = parsed.GetValue(_config),
        },
        host.Environment);

    static Option<string?> Text(string name, string? alias, string value, string description) =>
        new(name, alias is null ? [] : [alias]) { Description = description, HelpName = value, Recursive = true };

    static Option<bool> Flag(string name, string description) => new(name) { Description = description, Recursive = true };
}
