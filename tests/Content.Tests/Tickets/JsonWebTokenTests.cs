using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace P2P.Content.Tests.Tickets;

/// <summary>Tickets and keys as a library sees them that knows nothing of us.</summary>
public sealed class JsonWebTokenTests
{
    [Fact]
    public async Task Sign_ReadByAnotherLibrary_IsAGoodToken()
    {
        using var samples = new TicketSamples();
        string ticket = samples.Key.Sign(samples.New());

        TokenValidationResult result = await new JsonWebTokenHandler().ValidateTokenAsync(ticket, Rules(samples));

        Assert.True(result.IsValid, result.Exception?.Message);
        Assert.Equal(TicketSamples.Downloader, result.Claims["sub"]);
        Assert.Equal(TicketSamples.Content.Length, result.Claims["length"]);
    }

    [Fact]
    public async Task Sign_AlteredForAnotherLibrary_IsRefusedByItToo()
    {
        using var samples = new TicketSamples();
        using TicketKey other = TicketKey.Create();
        string ticket = samples.Key.Sign(samples.New()), foreign = other.Sign(samples.New());

        TokenValidationResult result = await new JsonWebTokenHandler().ValidateTokenAsync(
            ticket[..ticket.LastIndexOf('.')] + foreign[foreign.LastIndexOf('.')..], Rules(samples));

        Assert.IsType<SecurityTokenInvalidSignatureException>(result.Exception);
    }

    static TokenValidationParameters Rules(TicketSamples samples)
    {
        var key = samples.Key.Public;
        return new TokenValidationParameters
        {
            ValidIssuer = "p2p.directory.v1",
            ValidAudience = TicketSamples.Source,
            ValidAlgorithms = ["ES256"],
            ValidTypes = ["p2p-ticket+jwt"],
            LifetimeValidator = (from, until, _, _) => from is null && until == samples.Time.GetUtcNow().AddMinutes(1).UtcDateTime,
            IssuerSigningKey = new JsonWebKey { Kty = key.Kty, Crv = key.Crv, X = key.X, Y = key.Y, Kid = key.Kid, Alg = key.Alg, Use = key.Use },
        };
    }
}
