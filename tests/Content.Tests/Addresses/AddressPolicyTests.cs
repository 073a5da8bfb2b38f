using System.Net;

namespace P2P.Content.Tests.Addresses;

public sealed class AddressPolicyTests
{
    static readonly IPAddress Caller = IPAddress.Parse("10.1.2.3");

    [Theory]
    [InlineData("127.0.0.1", "http://localhost", 5001)]
    [InlineData("127.0.0.1", "http://localhost:5001", null)]
    [InlineData("127.0.0.1", "http://localhost:5001/", null)]
    [InlineData("localhost", "HTTP://LOCALHOST:5001", 5001)]
    [InlineData("::ffff:127.0.0.1", "http://127.0.0.1:5001", 0)]
    [InlineData("127.0.0.1", "http://example.org:5001", null)]
    [InlineData("127.0.0.1", "http://[::1]:5001/", null)]
    [InlineData("127.0.0.1", null, 5001)]
    public void Read_WaysToNameOnePeer_GiveTheSameEndpoint(string ip, string? url, int? port)
    {
        AddressReading reading = AddressPolicy.Read(ip, url, port, Caller);
        Assert.Empty(reading.Violations);
        Assert.Equal(new PeerEndpoint(IPAddress.Loopback, 5001, secure: false), reading.Endpoint);
    }

    [Theory]
    [InlineData(null, "https://host", 7000, "https://10.1.2.3:7000")]
    [InlineData("", "https://host:7000", null, "https://10.1.2.3:7000")]
    [InlineData("2001:db8::1", "http://[2001:db8::1]:7000", null, "http://[2001:db8::1]:7000")]
    public void Read_SchemeAndDefaults_AreTaken(string? ip, string url, int? port, string expected) =>
        Assert.Equal(expected, AddressPolicy.Read(ip, url, port, Caller).Endpoint?.Url);

    [Theory]
    [InlineData("127.1", "http://h:5001", null, "ip")]
    [InlineData("0x7f.0.0.1", "http://h:5001", null, "ip")]
    [InlineData("010.0.0.1", "http://h:5001", null, "ip")]
    [InlineData("2130706433", "http://h:5001", null, "ip")]
    [InlineData("example.org", "http://h:5001", null, "ip")]
    [InlineData("fe80::1%eth0", "http://h:5001", null, "ip")]
    [InlineData("[::1]", "http://h:5001", null, "ip")]
    [InlineData("1.2.3.4", "http://h:5001", 5002, "port")]
    [InlineData("1.2.3.4", "http://h", null, "port")]
    [InlineData("1.2.3.4", null, null, "port")]
    [InlineData("1.2.3.4", "http://h", 65536, "port")]
    [InlineData("1.2.3.4", "http://h", -1, "port")]
    [InlineData("1.2.3.4", "ftp://h:5001", null, "url")]
    [InlineData("1.2.3.4", "h:5001", null, "url")]
    [InlineData("1.2.3.4", "http://", 5001, "url")]
    [InlineData("1.2.3.4", "http://h:5001/x", null, "url")]
    [InlineData("1.2.3.4", "http://h:5001//", null, "url")]
    [InlineData("1.2.3.4", "http://u@h:5001", null, "url")]
    [InlineData("1.2.3.4", "http://h:5001?q", null, "url")]
    [InlineData("1.2.3.4", "http://h:5001#f", null, "url")]
    [InlineData("1.2.3.4", "http://h:+5001", null, "url")]
    [InlineData("1.2.3.4", "http://h:0", null, "url")]
    [InlineData("1.2.3.4", "http://h:", 5001, "url")]
    [InlineData("1.2.3.4", "http://[::1:5001", null, "url")]
    [InlineData("1.2.3.4", "http://::1:5001", null, "url")]
    [InlineData("1.2.3.4", "http://h\n:5001", null, "url")]
    public void Read_BadField_IsNamed(string ip, string? url, int? port, string field)
    {
        AddressReading reading = AddressPolicy.Read(ip, url, port, Caller);
        Assert.Null(reading.Endpoint);
        Assert.Equal(field, Assert.Single(reading.Violations).Field);
    }

    [Fact]
    public void Read_SeveralFaults_AreAllTold() =>
        Assert.Equal(["ip", "url", "port"], AddressPolicy.Read("x", "y", 70000, Caller).Violations.Select(v => v.Field));

    [Fact]
    public void ReadPair_OneOfTwo_IsAViolation()
    {
        Assert.Equal("url", Assert.Single(AddressPolicy.ReadPair("1.2.3.4", "").Violations).Field);
        Assert.Equal("ip", Assert.Single(AddressPolicy.ReadPair(null, "http://h:1").Violations).Field);
        Assert.Equal("http://1.2.3.4:1", AddressPolicy.ReadPair("1.2.3.4", "http://h:1/").Endpoint?.Url);
        AddressReading none = AddressPolicy.ReadPair(null, "");
        Assert.True(none is { Endpoint: null, Violations.Count: 0 });
    }

    [Theory]
    [InlineData("1.2.3.4:5001", "1.2.3.4:5001")]
    [InlineData("[2001:DB8::1]:5001", "[2001:db8::1]:5001")]
    [InlineData("[::ffff:1.2.3.4]:5001", "1.2.3.4:5001")]
    [InlineData("localhost:5001", "127.0.0.1:5001")]
    [InlineData("2001:db8::1:5001", null)]
    [InlineData("[1.2.3.4]:5001", null)]
    [InlineData("1.2.3.4", null)]
    [InlineData("1.2.3.4:", null)]
    [InlineData("1.2.3.4:99999", null)]
    [InlineData("example.org:5001", null)]
    [InlineData("[]:1", null)]
    [InlineData("[:1", null)]
    public void TryParseHostAndPort_Text_OnlyLiteralHosts(string text, string? expected)
    {
        Assert.Equal(expected is not null, PeerEndpoint.TryParseHostAndPort(text, secure: true, out PeerEndpoint endpoint));
        if (expected is not null)
            Assert.Equal(expected, endpoint.HostAndPort);
    }

    [Theory]
    [InlineData("192.168.1.5", DialRefusal.None)]
    [InlineData("8.8.8.8", DialRefusal.None)]
    [InlineData("2001:db8::1", DialRefusal.None)]
    [InlineData("fd12::1", DialRefusal.None)]
    [InlineData("127.0.0.1", DialRefusal.Loopback)]
    [InlineData("127.255.255.254", DialRefusal.Loopback)]
    [InlineData("::1", DialRefusal.Loopback)]
    [InlineData("::ffff:127.0.0.1", DialRefusal.Translated)]
    [InlineData("169.254.169.254", DialRefusal.Metadata)]
    [InlineData("fd00:ec2::254", DialRefusal.Metadata)]
    [InlineData("169.254.1.1", DialRefusal.LinkLocal)]
    [InlineData("fe80::1", DialRefusal.LinkLocal)]
    [InlineData("febf::1", DialRefusal.LinkLocal)]
    [InlineData("224.0.0.1", DialRefusal.Multicast)]
    [InlineData("239.255.255.255", DialRefusal.Multicast)]
    [InlineData("ff02::1", DialRefusal.Multicast)]
    [InlineData("0.0.0.0", DialRefusal.Reserved)]
    [InlineData("0.1.2.3", DialRefusal.Reserved)]
    [InlineData("::", DialRefusal.Reserved)]
    [InlineData("255.255.255.255", DialRefusal.Reserved)]
    [InlineData("240.0.0.1", DialRefusal.Reserved)]
    [InlineData("::ffff:8.8.8.8", DialRefusal.Translated)]
    [InlineData("::8.8.8.8", DialRefusal.Translated)]
    [InlineData("64:ff9b::a9fe:a9fe", DialRefusal.Translated)]
    [InlineData("2002:7f00:1::", DialRefusal.Translated)]
    [InlineData("2001:0:1::", DialRefusal.Translated)]
    public void Check_Address_IsRefusedWithItsReason(string address, DialRefusal expected) =>
        Assert.Equal(expected, new DialPolicy().Check(IPAddress.Parse(address), 5001));

    [Fact]
    public void Check_Options_OpenWhatTheyName()
    {
        Assert.Equal(DialRefusal.None, new DialPolicy(AllowLoopback: true).Check(IPAddress.IPv6Loopback, 5001));
        Assert.Equal(DialRefusal.LinkLocal, new DialPolicy(AllowLoopback: true).Check(IPAddress.Parse("169.254.1.1"), 5001));
        Assert.Equal(DialRefusal.LowPort, new DialPolicy().Check(new PeerEndpoint(Caller, 1023, secure: true)));
        Assert.Equal(DialRefusal.None, new DialPolicy().Check(Caller, 1024));
        Assert.Equal(DialRefusal.None, new DialPolicy(AllowLowPorts: true).Check(Caller, 80));
    }
}
