using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using P2P.Contracts.DirectoryV1;

namespace P2P.Content.Tests.Tickets;

/// <summary>Row "Tokens, tickets; theft, replay" of the threat model, at the source.</summary>
public sealed class TicketVerifierTests : IDisposable
{
    static readonly Config Thorough = Config.QuickThrowOnFailure.WithMaxTest(500);

    readonly TicketSamples _samples = new();

    public void Dispose() => _samples.Dispose();

    [Fact]
    public void Redeem_Good_CountsOnce()
    {
        string ticket = _samples.Key.Sign(_samples.New());

        Assert.Equal(TicketRefusal.None, _samples.Redeem(ticket));
        Assert.Equal(TicketRefusal.Replayed, _samples.Redeem(ticket));
    }

    [Fact]
    public void Redeem_OneBitOfOneCharacterFlipped_IsAlwaysRefused()
    {
        string ticket = _samples.Key.Sign(_samples.New());
        var refusals = from at in Enumerable.Range(0, ticket.Length)
                       from bit in Enumerable.Range(0, 7)
                       select _samples.Redeem(ticket[..at] + (char)(ticket[at] ^ (1 << bit)) + ticket[(at + 1)..]);

        Assert.All(refusals, refusal => Assert.Contains(refusal, new[] { TicketRefusal.Malformed, TicketRefusal.Altered, TicketRefusal.UnknownKey }));
        Assert.Equal(TicketRefusal.None, _samples.Redeem(ticket));
    }

    [Fact]
    public void Redeem_AnyEdit_IsRefusedUnlessItChangedNothing()
    {
        string ticket = _samples.Key.Sign(_samples.New());
        var edits = from at in Gen.Choose(0, ticket.Length)
                    from cut in Gen.Choose(0, 40)
                    from put in Gen.Elements([.. "AQgwe-_.=+/ \0\u00e9{}\""]).ArrayOf()
                    select ticket[..at] + new string(put) + ticket[Math.Min(ticket.Length, at + cut)..];

        Prop.ForAll(edits.ToArbitrary(), edited => edited == ticket || _samples.Redeem(edited) != TicketRefusal.None).Check(Thorough);
    }

    [Fact]
    public void Redeem_OfOneOfSomeAccounts_CountsForTheseOnly()
    {
        Ticket ticket = _samples.New() with { ForUpload = true, User = "añá \"b\"" };
        TicketDemand demand = TicketSamples.Demand with { ForUpload = true, Users = new HashSet<string> { "añá \"b\"", "bob" } };
        string signed = _samples.Key.Sign(ticket);

        Assert.Equal(TicketRefusal.OtherUser, _samples.Verifier.Redeem(_samples.Key.Sign(ticket with { User = "ana" }), demand));
        Assert.Equal(TicketRefusal.OtherUser, _samples.Verifier.Redeem(_samples.Key.Sign(ticket with { User = null }), demand));
        Assert.Equal(TicketRefusal.None, _samples.Verifier.Peek(signed, demand with { Subject = null }));
        Assert.Equal(TicketRefusal.OtherUser, _samples.Verifier.Peek(signed, demand with { Users = new HashSet<string>() }));
        Assert.Equal(TicketRefusal.None, _samples.Verifier.Redeem(signed, demand));
        Assert.Equal(TicketRefusal.Replayed, _samples.Verifier.Redeem(signed, demand));
        // Who asks for no account takes any, and a key that nobody proves is not looked at.
        Assert.Equal(TicketRefusal.None, _samples.Verifier.Redeem(
            _samples.Key.Sign(ticket with { Nonce = TicketKey.NewNonce() }), demand with { Users = null, Subject = null }));
        _samples.Time.Advance(TimeSpan.FromSeconds(Ticket.MostSeconds + Ticket.ToleranceSeconds));
        Assert.Equal(TicketRefusal.Expired, _samples.Verifier.Peek(signed, demand));
    }

    [Fact]
    public void Redeem_OtherClaims_NamesWhatDoesNotFit()
    {
        Ticket ticket = _samples.New();
        ContentId content = ticket.Content;

        Assert.Equal(TicketRefusal.OtherAudience, _samples.Redeem(_samples.Key.Sign(ticket with { Audience = TicketSamples.Downloader })));
        Assert.Equal(TicketRefusal.OtherSubject, _samples.Redeem(_samples.Key.Sign(ticket with { Subject = TicketSamples.Source })));
        Assert.Equal(TicketRefusal.OtherLength, _samples.Redeem(_samples.Key.Sign(ticket with { Content = content with { Length = content.Length + 1 } })));
        var root = new ContentRoot([.. Enumerable.Range(2, 32).Select(i => (byte)i)]);
        Assert.Equal(TicketRefusal.OtherRoot, _samples.Redeem(_samples.Key.Sign(ticket with { Content = content with { Root = root } })));
    }

    [Fact]
    public void Redeem_OtherDemand_IsRefusedAndNotUsedUp()
    {
        string ticket = _samples.Key.Sign(_samples.New());
        TicketDemand demand = TicketSamples.Demand;
        var texts = from text in Gen.Elements([.. "0123456789abcdef"]).ArrayOf() select new string(text);

        Prop.ForAll(texts.ToArbitrary(), other => _samples.Verifier.Redeem(ticket, demand with { Audience = other }) == TicketRefusal.OtherAudience
            && _samples.Verifier.Redeem(ticket, demand with { Subject = other }) == TicketRefusal.OtherSubject).Check(Thorough);
        Assert.Equal(TicketRefusal.None, _samples.Redeem(ticket));
    }

    [Fact]
    public void Redeem_KeyOfAnotherDirectory_IsUnknown()
    {
        using TicketKey other = TicketKey.Create();

        Assert.Equal(TicketRefusal.UnknownKey, _samples.Redeem(other.Sign(_samples.New())));
    }

    [Fact]
    public void Redeem_ForeignSignatureUnderAKnownKey_IsAltered()
    {
        using TicketKey other = TicketKey.Create();
        string good = _samples.Key.Sign(_samples.New()), foreign = other.Sign(_samples.New());

        Assert.Equal(TicketRefusal.Altered, _samples.Redeem(good[..good.LastIndexOf('.')] + foreign[foreign.LastIndexOf('.')..]));
    }

    [Theory]
    [InlineData("""{"alg":"none","kid":"KID","typ":"p2p-ticket+jwt"}""")]
    [InlineData("""{"alg":"HS256","kid":"KID","typ":"p2p-ticket+jwt"}""")]
    [InlineData("""{"alg":"ES256","kid":"KID","typ":"JWT"}""")]
    [InlineData("""{"alg":"ES256","kid":"KID"}""")]
    [InlineData("""{"alg":"ES256","kid":"KID","typ":"p2p-ticket+jwt","crit":["x"]}""")]
    [InlineData("""{"alg":"ES256","kid":"KID","kid":"KID","typ":"p2p-ticket+jwt"}""")]
    [InlineData("""{"kid":"KID","alg":"ES256","typ":"p2p-ticket+jwt"}""")]
    [InlineData("""{ "alg":"ES256","kid":"KID","typ":"p2p-ticket+jwt"}""")]
    [InlineData("""["ES256"]""")]
    [InlineData("""{"alg":"ES256","kid":"\ud800","typ":"p2p-ticket+jwt"}""")]
    [InlineData("")]
    public void Redeem_AnyOtherHeader_IsMalformed(string header)
    {
        string ticket = _samples.Key.Sign(_samples.New());
        string encoded = TicketText.Encode(Encoding.UTF8.GetBytes(header.Replace("KID", _samples.Key.Public.Kid, StringComparison.Ordinal)));

        Assert.Equal(TicketRefusal.Malformed, _samples.Redeem(encoded + ticket[ticket.IndexOf('.', StringComparison.Ordinal)..]));
    }

    [Fact]
    public void Redeem_Time_CountsFromHalfAMinuteBeforeToHalfAMinuteAfterAndNotASecondMore()
    {
        Ticket ticket = _samples.New();
        (int Second, TicketRefusal Expected)[] edges =
        [
            (-31, TicketRefusal.NotYetValid), (-30, TicketRefusal.None), (0, TicketRefusal.None), (89, TicketRefusal.None),
            (90, TicketRefusal.Expired), (91, TicketRefusal.Expired), (100_000, TicketRefusal.Expired),
        ];
        foreach ((int second, TicketRefusal expected) in edges)
        {
            _samples.Clock.Observe(ticket.Issued.AddSeconds(second));
            var verifier = new TicketVerifier(_samples.Clock) { Keys = _samples.Verifier.Keys };

            Assert.Equal(expected, verifier.Redeem(_samples.Key.Sign(ticket), TicketSamples.Demand));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(61)]
    [InlineData(86_400)]
    public void Redeem_LifeThatTicketsDoNotHave_IsRefused(int seconds) =>
        Assert.Equal(TicketRefusal.NotYetValid, _samples.Redeem(_samples.Key.Sign(_samples.New(seconds))));

    [Fact]
    public void Redeem_AtAnyTwoTimes_CountsAtMostOnce() =>
        Prop.ForAll(Gen.Choose(-200, 200).ListOf().ToArbitrary(), steps =>
        {
            // The clock is set to and fro; other tickets make the memory forget.
            using var samples = new TicketSamples();
            DateTimeOffset start = samples.Time.GetUtcNow();
            string ticket = samples.Key.Sign(samples.New());
            int counted = 0;
            foreach (int step in steps)
            {
                samples.Clock.Observe(start.AddSeconds(step));
                samples.Redeem(samples.Key.Sign(samples.New() with { Issued = start.AddSeconds(step), Expires = start.AddSeconds(step + 60) }));
                counted += samples.Redeem(ticket) == TicketRefusal.None ? 1 : 0;
            }

            return counted <= 1;
        }).Check(Config.QuickThrowOnFailure);

    [Fact]
    public void Redeem_MemoryFull_RefusesRatherThanForgets()
    {
        using var samples = new TicketSamples(mostRemembered: 3);
        var tickets = Enumerable.Range(0, 4).Select(_ => samples.Key.Sign(samples.New())).ToList();

        Assert.Equal([TicketRefusal.None, TicketRefusal.None, TicketRefusal.None, TicketRefusal.Busy], tickets.Select(samples.Redeem));
        samples.Time.Advance(TimeSpan.FromSeconds(90));
        Assert.Equal(TicketRefusal.None, samples.Redeem(samples.Key.Sign(samples.New())));
    }

    [Fact]
    public void Redeem_ByManyAtOnce_CountsOnce()
    {
        string ticket = _samples.Key.Sign(_samples.New());
        int counted = 0;

        Parallel.For(0, 100, _ => Interlocked.Add(ref counted, _samples.Redeem(ticket) == TicketRefusal.None ? 1 : 0));

        Assert.Equal(1, counted);
    }

    [Fact]
    public void Now_WallClockJumps_GoesOnByTheDirectorysClock()
    {
        DateTimeOffset directory = _samples.Time.GetUtcNow().AddDays(-400);
        _samples.Clock.Observe(directory);
        _samples.Time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(directory.AddSeconds(5), _samples.Clock.Now);
    }

    [Fact]
    public void Keys_NoLongerPublished_AreUnknown()
    {
        string ticket = _samples.Key.Sign(_samples.New());
        using TicketKey next = TicketKey.Create();
        _samples.Verifier.Keys = TicketKeySet.Of([next.Public]);

        Assert.Equal(TicketRefusal.UnknownKey, _samples.Redeem(ticket));
        Assert.Equal(TicketRefusal.None, _samples.Redeem(next.Sign(_samples.New())));
    }

    [Fact]
    public void Of_KeysThatAreNone_AreLeftOut()
    {
        JsonWebKey good = _samples.Key.Public;
        JsonWebKey Other(Action<JsonWebKey> change)
        {
            JsonWebKey key = good.Clone();
            change(key);
            return key;
        }

        TicketKeySet keys = TicketKeySet.Of(
        [
            Other(key => key.Kid = "another"), Other(key => key.Alg = "RS256"), Other(key => key.Crv = "P-384"), Other(key => key.Kty = "RSA"),
            Other(key => key.Use = "enc"), Other(key => key.X = key.Y), Other(key => key.X = ""), new JsonWebKey(),
        ]);

        Assert.False(keys.Knows(good.Kid));
        Assert.False(keys.Knows("another"));
        Assert.True(TicketKeySet.Of([new JsonWebKey(), good]).Knows(good.Kid));
    }

    [Fact]
    public void Import_OfExport_IsTheSameKey()
    {
        using TicketKey copy = TicketKey.Import(_samples.Key.Export());

        Assert.Equal(_samples.Key.Public, copy.Public);
        Assert.Equal(TicketRefusal.None, _samples.Redeem(copy.Sign(_samples.New())));
        Assert.ThrowsAny<CryptographicException>(() => TicketKey.Import([1, 2, 3]));
    }
}
