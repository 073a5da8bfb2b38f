using System.Collections.Immutable;
using System.Net;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Sessions;
using P2P.Server.Store;

namespace P2P.Server.Accounts;

/// <summary>Checks who logs in, and makes and changes accounts.</summary>
sealed class AccountDesk(
    AccountTable accounts, AccessPolicy access, PasswordGate passwords, KeyProofs proofs, IDirectoryStore store, KeyedLocks locks, TimeProvider time)
{
    /// <summary>Keys remembered for an account; the oldest is forgotten first.</summary>
    const int MostKeys = 32;

    /// <summary>Accounts up to which unknown users are registered by their first Login.</summary>
    const int MostAccounts = 1_000_000;

    /// <summary>What a key signs to prove itself.</summary>
    public byte[] NewNonce() => proofs.NewNonce();

    /// <summary>The print of the key that a login proves; null if it proves none, and need not. Uses the nonce up.</summary>
    public string? VerifyKey(LoginRequest request)
    {
        if (request.Proof is not null)
        {
            return proofs.Verify(request.Proof, request.User) ?? throw BadCredentials();
        }

        return request.Reader || access.AllowDeclared
            ? null
            : throw new RefusalException(ErrorReason.ProofRequired, "Sessions without a proven key are not allowed here.");
    }

    /// <summary>
    /// Checks password, proven key and invitation. Changes nothing: the caller commits the account together with the session, under the
    /// account's lock, and asks again if the account changed meanwhile.
    /// </summary>
    public async Task<Admission> AdmitAsync(LoginRequest request, IPAddress source, string? print, CancellationToken cancellationToken)
    {
        var before = accounts.Find(request.User);
        if (request.HasInvitation)
        {
            return await InviteAsync(request, before, print, cancellationToken).ConfigureAwait(false);
        }

        var isKnownKey = before is not null && print is not null && before.Keys.Contains(print) && request.Password.Length == 0;
        if (before is null && access.RegistrationOn && request.Password.Length > 0)
        {
            if (accounts.Count >= MostAccounts)
            {
                throw RefusalException.Quota("accounts", "The directory has as many accounts as it takes; ask its operator.");
            }

            var hash = await passwords.HashAsync(request.Password, cancellationToken).ConfigureAwait(false);
            return new Admission(null, WithKey(NewAccount(request.User, hash, Role.Sharer, []), print), null);
        }

        if (!isKnownKey && !await passwords.VerifyAsync(
            new Guess(request.User, source), before?.PasswordHash, request.Password, cancellationToken).ConfigureAwait(false))
        {
            throw BadCredentials();
        }

        return before is null || before.Disabled
            ? throw BadCredentials()
            : new Admission(before, WithKey(before, print), null);
    }

    /// <summary>Whether the account is still as it was when it was checked, and its invitation unused. Under the locks of both.</summary>
    public bool Confirm(Admission admission)
    {
        if (!ReferenceEquals(accounts.Find(admission.Account.User), admission.Before))
        {
            return false;
        }

        return admission.InvitationHash is not { } code || accounts.Find(code, time.GetUtcNow()) is not null ? true : throw BadInvitation();
    }

    /// <summary>What a confirmed admission has to have written.</summary>
    public static IEnumerable<StoreChange> Changes(Admission admission)
    {
        if (!ReferenceEquals(admission.Before, admission.Account))
        {
            yield return admission.Account;
        }

        if (admission.InvitationHash is { } code)
        {
            yield return new InvitationSpent(code);
        }
    }

    /// <summary>Makes visible what was written.</summary>
    public void Apply(Admission admission)
    {
        accounts.Put(admission.Account);
        if (admission.InvitationHash is { } code)
        {
            accounts.Spend(code);
        }
    }

    /// <summary>Sets a new password for whoever knows the one in force.</summary>
    public async Task ChangePasswordAsync(Guess guess, string current, string next, CancellationToken cancellationToken)
    {
        var user = guess.User;
        var before = accounts.Find(user);
        if (!await passwords.VerifyAsync(guess, before?.PasswordHash, current, cancellationToken).ConfigureAwait(false))
        {
            throw BadCredentials();
        }

        var hash = await passwords.HashAsync(next, cancellationToken).ConfigureAwait(false);
        using var held = await locks.EnterAsync(cancellationToken, KeyedLocks.Account(user)).ConfigureAwait(false);
        if (!ReferenceEquals(accounts.Find(user), before))
        {
            throw BadCredentials();
        }

        var after = before! with { PasswordHash = hash };
        await store.CommitAsync([after]).ConfigureAwait(false);
        accounts.Put(after);
    }

    async Task<Admission> InviteAsync(LoginRequest request, AccountSaved? before, string? print, CancellationToken cancellationToken)
    {
        var code = Tokens.Hash(request.Invitation);
        var invitation = accounts.Find(code, time.GetUtcNow()) ?? throw BadInvitation();
        var isForUser = invitation.User.Length > 0 ? invitation.User == request.User && before is not null : before is null;
        if (!isForUser || request.Password.Length == 0)
        {
            throw BadInvitation();
        }

        var hash = await passwords.HashAsync(request.Password, cancellationToken).ConfigureAwait(false);
        var account = before is null
            ? NewAccount(request.User, hash, invitation.Role, invitation.Groups)
            : before with { PasswordHash = hash };
        return account.Disabled ? throw BadCredentials() : new Admission(before, WithKey(account, print), code);
    }

    AccountSaved NewAccount(string user, string hash, Role role, ImmutableArray<string> groups) =>
        new(user, hash, role == Role.Unspecified ? Role.Sharer : role, groups, false, time.GetUtcNow(), []);

    static AccountSaved WithKey(AccountSaved account, string? print) => print is null || account.Keys.Contains(print)
        ? account
        : account with { Keys = [.. account.Keys.Append(print).TakeLast(MostKeys)] };

    static RefusalException BadCredentials() => new(ErrorReason.BadCredentials, "Unknown user, wrong password or wrong proof.");

    static RefusalException BadInvitation() => new(ErrorReason.BadInvitation, "The invitation is unknown, used, expired or another user's.");
}
