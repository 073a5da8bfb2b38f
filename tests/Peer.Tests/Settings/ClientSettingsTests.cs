using P2P.Peers.Tests.Lying;

namespace P2P.Peers.Tests.Settings;

public sealed class ClientSettingsTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Load_EveryLevel_TheHigherOneWins()
    {
        string file = Write("peer.json", """{ "directory": "http://localhost:1", "user": "file", /* comments are fine */ "password": "file", }""");
        Dictionary<string, string> environment = new() { ["P2P_CONFIG"] = file, ["P2P_USER"] = "env", ["P2P_PASSWORD"] = "env" };

        ClientSettings settings = ClientSettingsLoader.Load(new GivenSettings { User = "option" }, environment);

        Assert.Equal(("http://localhost:1/", "option", "env"), (settings.Directory.ToString(), settings.User, settings.Password));
    }

    [Fact]
    public void Load_Nothing_UsesDefaultsInTheXdgFolders()
    {
        ClientSettings settings = ClientSettingsLoader.Load(
            new GivenSettings(), new Dictionary<string, string> { ["XDG_DATA_HOME"] = "/data", ["XDG_CONFIG_HOME"] = "/nonexistent" });

        Assert.Equal(("http://localhost:5000/", "/data/p2p/peer"), (settings.Directory.ToString(), settings.DataFolder));
        Assert.Null(settings.User);
    }

    [Fact]
    public void Load_PasswordFile_TakesItsFirstLine()
    {
        ClientSettings settings = ClientSettingsLoader.Load(
            new GivenSettings { PasswordFile = Write("secret", "per1234\nmore\n"), Config = Write("peer.json", "{}") }, new Dictionary<string, string>());

        Assert.Equal("per1234", settings.Password);
        Assert.DoesNotContain("per1234", settings.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", """{ "accept": ["from:ana", "from:x,y"] }""", "from:ana|from:x,y")]
    [InlineData("", """{ "accept": "from:ana, from:bob" }""", "from:ana|from:bob")]
    [InlineData("", """{ "accept": [] }""", "")]
    [InlineData("from:eve, from:bob,", """{ "accept": ["from:ana"] }""", "from:eve|from:bob")]
    [InlineData("any", "{}", "any")]
    [InlineData("", "{}", "")]
    public void FindList_OfVariableOrFile_IsAllOfThem(string variable, string json, string expected)
    {
        SettingSources sources = new(new Dictionary<string, string> { ["P2P_ACCEPT"] = variable }, SettingsFile.Parse(json, "peer.json"));

        Assert.Equal(expected, string.Join('|', sources.FindList("accept")));
    }

    [Theory]
    [InlineData("""{ "accept": ["any", 1] }""", "accept")]
    [InlineData("""{ "direktory": "x" }""", "direktory")]
    [InlineData("""{ "user": ["x"] }""", "user")]
    [InlineData("[]", "object")]
    [InlineData("{", "JSON")]
    public void Read_WrongFile_NamesWhatIsWrong(string json, string named)
    {
        SettingsException error = Assert.Throws<SettingsException>(() => SettingsFile.Parse(json, "peer.json"));

        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.Contains("peer.json", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NamedFileThatIsMissing_IsAnError() => Assert.Throws<SettingsException>(
        () => ClientSettingsLoader.Load(new GivenSettings { Config = _folder["none.json"] }, new Dictionary<string, string>()));

    [Theory]
    [InlineData("localhost:5000", "http://localhost:5000/")]
    [InlineData("https://p2p.example:8443", "https://p2p.example:8443/")]
    public void Load_Directory_IsRead(string text, string address) => Assert.Equal(
        address, ClientSettingsLoader.Load(new GivenSettings { Directory = text, Config = Write("c", "{}") }, new Dictionary<string, string>()).Directory.ToString());

    [Theory]
    [InlineData("ftp://x")]
    [InlineData("http://user:secret@x")]
    [InlineData("http://x/path")]
    [InlineData("http://")]
    public void Load_DirectoryThatIsNoAddress_IsRefused(string text) => Assert.Throws<SettingsException>(
        () => ClientSettingsLoader.Load(new GivenSettings { Directory = text, Config = Write("c", "{}") }, new Dictionary<string, string>()));

    [Theory]
    [InlineData("p2p.example:5000", "https://p2p.example:5000/")]
    [InlineData("https://p2p.example:5000", "https://p2p.example:5000/")]
    public void Load_DirectoryWithAPrint_IsCalledOverTls(string text, string address)
    {
        string print = string.Join(':', Enumerable.Repeat("AB", 32));

        ClientSettings settings = ClientSettingsLoader.Load(new GivenSettings { Directory = text, DirectoryPrint = print, Config = Write("c", "{}") }, new Dictionary<string, string>());

        Assert.Equal(address, settings.Directory.ToString());
        Assert.Equal(string.Concat(Enumerable.Repeat("ab", 32)), settings.DirectoryPrint);
    }

    [Theory]
    [InlineData("http://p2p.example:5000", null)]
    [InlineData("10.0.0.1:5000", null)]
    [InlineData("http://localhost:5000", "0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("https://p2p.example:5000", "00")]
    public void Load_DirectoryThatIsNotSafeToCall_IsRefused(string text, string? print) => Assert.Throws<SettingsException>(
        () => ClientSettingsLoader.Load(new GivenSettings { Directory = text, DirectoryPrint = print, Config = Write("c", "{}") }, new Dictionary<string, string>()));

    [Fact]
    public void Load_CleartextDirectoryElsewhere_NeedsAWord()
    {
        Dictionary<string, string> environment = new() { ["P2P_ALLOW_PLAINTEXT"] = "true", ["P2P_CONFIG"] = Write("c", "{}") };

        Assert.Equal("http://10.0.0.1:5000/", ClientSettingsLoader.Load(new GivenSettings { Directory = "10.0.0.1:5000" }, environment).Directory.ToString());
    }

    [Fact]
    public void FindNumber_OutOfBounds_NamesTheSetting()
    {
        SettingSources sources = new(new Dictionary<string, string> { ["P2P_PORT"] = "70000" }, SettingsFile.None);

        Assert.Contains("P2P_PORT", Assert.Throws<SettingsException>(() => sources.FindNumber("port", 0, 65535)).Message, StringComparison.Ordinal);
        Assert.Equal("P2P_PASSWORD_FILE", SettingSources.VariableOf("password-file"));
    }

    string Write(string name, string text)
    {
        File.WriteAllText(_folder[name], text);
        return _folder[name];
    }
}
