using System.Net;
using System.Security.Cryptography;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Catalogs;
using P2P.Server.Dialing;
using P2P.Server.Hosting;
using P2P.Server.Relay;
using P2P.Server.Tests.Calls;
using P2P.Toolbox;

namespace P2P.Server.Tests.Relay;

/// <summary>Descargar from peers that serve over TLS, to who has a ticket of the directory only.</summary>
public sealed class DescargarTlsTests
{
    static readonly byte[] Data = SourceDouble.Bytes(1_000_003);
    static readonly ContentId Content = SourceDouble.ContentOf(Data);

    static CancellationToken None => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Get_FromTls_ShowsTheDirectorysKeyAndOneTicket()
    {
        await using var directory = await TestDirectory.StartAsync();
        using var door = new TicketDoor();
        await using var source = await SourceDouble.StartAsync(Data, door: door);
        await ShareAsync(directory, source, door);
        var (status, bytes) = await GetAsync(directory);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(Data, bytes);
        Assert.Equal([directory.Service<RelayIdentity>().Node.Print], door.Redeemed);
    }

    [Fact]
    public async Task Get_GrantForgottenMidway_GoesOnWithANewTicket()
    {
        await using var directory = await TestDirectory.StartAsync();
        using var door = new TicketDoor();
        await using var source = await SourceDouble.StartAsync(Data, door: door, forgetsAt: 400_000);
        await ShareAsync(directory, source, door);
        var (status, bytes) = await GetAsync(directory);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(Data, bytes);
        Assert.Equal(2, door.Redeemed.Count);
    }

    [Fact]
    public async Task Get_WrongKey_IsToldNothingAndTheNextSourceServes()
    {
        await using var directory = await TestDirectory.StartAsync();
        using var impostor = new TicketDoor();
        using var honest = new TicketDoor();
        await using var wrong = await SourceDouble.StartAsync(Data, door: impostor);
        await using var right = await SourceDouble.StartAsync(Data, door: honest);
        using var absent = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        // As if another had taken its place after it had been dialled at its Login.
        (await ShareAsync(directory, wrong, impostor, absent, slots: 9)).Dials = DialHistory.Reached;
        await ShareAsync(directory, right, honest, slots: 1);
        var (status, bytes) = await GetAsync(directory);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(Data, bytes);
        // At Login, and for the download.
        Assert.True(impostor.Arrived > 1);
        Assert.Equal((0, 0), (impostor.Spoken, impostor.Redeemed.Count));
        Assert.True(honest.Spoken > 0);
        Assert.Single(honest.Redeemed);
    }

    [Fact]
    public async Task Get_SourceThatAlwaysRefuses_IsLeftAfterOneNewTicket()
    {
        await using var directory = await TestDirectory.StartAsync();
        using var door = new TicketDoor();
        await using var source = await SourceDouble.StartAsync(Data, door: door);
        // It has not read the directory's keys.
        await ShareAsync(directory, source, door, trust: false);
        var (status, bytes) = await GetAsync(directory);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains("NO_LIVE_SOURCE", System.Text.Encoding.UTF8.GetString(bytes), StringComparison.Ordinal);
        Assert.Empty(door.Redeemed);
    }

    [Fact]
    public async Task Get_PeerOnTlsThatProvedNoKey_IsNotDialled()
    {
        await using var directory = await TestDirectory.StartAsync();
        using var door = new TicketDoor();
        await using var source = await SourceDouble.StartAsync(Data, door: door);
        await directory.Client.LoginAsync(Login(source), TestDirectory.Anonymous);
        var (status, _) = await GetAsync(directory);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, 0), (status, door.Arrived));
    }

    [Fact]
    public async Task Start_TwiceWithOneFolder_HasOneKeyForItsOwnerOnly()
    {
        using var folder = new TemporaryFolder();
        var prints = new List<string>();
        for (var start = 0; start < 2; start++)
        {
            await using var directory = await TestDirectory.StartAsync(folder: folder.Path);
            prints.Add(directory.Service<RelayIdentity>().Node.Print);
        }

        Assert.Equal(prints[0], prints[1]);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.File(RelayIdentity.KeyFile)));
        }
    }

    [Fact]
    public void Open_WithACertificateOfItsOwn_ShowsThatOne()
    {
        using var folder = new TemporaryFolder();
        using var certificate = DirectoryCertificate.Open(new CertificateFiles(null, null), folder.Path, TimeProvider.System);
        using (var identity = RelayIdentity.Open(folder.Path, certificate, TimeProvider.System))
        {
            Assert.Equal(certificate.Print, identity.Node.Print);
        }

        Assert.False(File.Exists(folder.File(RelayIdentity.KeyFile)));
        // It is still the certificate's.
        Assert.NotEmpty(certificate.Own!.Key.SignHash(new byte[32]));
    }

    static LoginRequest Login(SourceDouble source) => new()
    {
        User = $"user{source.Port}",
        Password = "per12345",
        Ip = "127.0.0.1",
        Url = $"https://127.0.0.1:{source.Port}",
        Files = { new FileEntry { Path = "label/a.bin", Size = Content.Length, Root = Content.Root.ToString() } },
    };

    static async Task<LivePeer> ShareAsync(
        TestDirectory directory, SourceDouble source, TicketDoor door, ECDsa? key = null, int slots = 0, bool trust = true)
    {
        if (trust)
        {
            await door.TrustAsync(directory);
        }

        var request = Login(source);
        request.Proof = await TestKey.ProveAsync(directory, key ?? door.Identity.Key, request.User);
        var login = await directory.Client.LoginAsync(request, TestDirectory.Anonymous);
        await directory.Client.HeartbeatAsync(new() { UploadSlotsFree = slots }, TestDirectory.With(login.Token));
        return directory.Service<CatalogIndex>().Find(login.PeerId)!;
    }

    static async Task<(HttpStatusCode Status, byte[] Bytes)> GetAsync(TestDirectory directory)
    {
        using var answer = await directory.Http.GetAsync(new Uri($"/v1/files/{Content.Root}?length={Content.Length}", UriKind.Relative), None);
        return (answer.StatusCode, await answer.Content.ReadAsByteArrayAsync(None));
    }
}
