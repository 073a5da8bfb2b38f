using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Sessions;

namespace P2P.Server.Accounts;

/// <summary>Bearer token to session. What a call needs is said by its end point's metadata; <see cref="Calls.AccessInterceptor"/> sees to it.</summary>
sealed class SessionAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, SessionTable sessions, AccountTable accounts)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "Bearer";
    const string Prefix = "Bearer ";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Authenticate(Request.Headers.Authorization));

    AuthenticateResult Authenticate(string? header)
    {
        if (string.IsNullOrEmpty(header))
        {
            return AuthenticateResult.NoResult();
        }

        if (!header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            return Fail(ErrorReason.TokenRequired, "The authorization header is not of the form 'Bearer TOKEN'.");
        }

        var found = sessions.Find(Tokens.Hash(header[Prefix.Length..].Trim()));
        if (found.Session is not { } session)
        {
            return Fail(found.Refusal, Sentence(found.Refusal));
        }

        Context.Features.Set(session);
        var role = accounts.Find(session.User)?.Role ?? Role.Reader;
        var claims = Enum.GetValues<Role>().Where(lower => lower != Role.Unspecified && lower <= role)
            .Select(lower => new Claim(ClaimTypes.Role, lower.ToString()))
            .Prepend(new Claim(ClaimTypes.Name, session.User));
        var principal = new ClaimsPrincipal(new ClaimsIdentity(claims, SchemeName));
        return AuthenticateResult.Success(new AuthenticationTicket(principal, SchemeName));
    }

    static AuthenticateResult Fail(ErrorReason reason, string message) => AuthenticateResult.Fail(new RefusalException(reason, message));

    static string Sentence(ErrorReason reason) => reason switch
    {
        ErrorReason.LoggedOut => "The session was ended by Logout.",
        ErrorReason.Replaced => "Another Login took this session's place.",
        _ => "The token is of no session that the directory knows; log in again.",
    };
}
