using System.Collections.Immutable;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Accounts;
using P2P.Server.Sessions;
using P2P.Server.Store;

namespace P2P.Server.Operating;

/// <summary>What operators do to accounts.</summary>
sealed class AccountKeeper(
    AccountTable accounts, PasswordGate passwords, SessionDesk desk, SessionTable sessions, OperatorActs acts, KeyedLocks locks, TimeProvider time)
{
    const int InvitationDays = 7;

    /// <summary>Groups of one account, as the contract has it for whole lists.</summary>
    const int MostGroups = 32;

    /// <summary>Codes that wait to be used.</summary>
    const int MostInvitations = 10_000;

    /// <summary>Makes an account with a password, or, without one, an account to be opened by the code that is returned.</summary>
    public async Task<(AccountSaved Account, string Invitation)> CreateAsync(
        string @operator, CreateAccountRequest request, CancellationToken cancellationToken)
    {
        var hash = request.HasPassword ? await passwords.HashAsync(request.Password, cancellationToken).ConfigureAwait(false) : "";
        using var held = await locks.EnterAsync(cancellationToken, KeyedLocks.Account(request.User)).ConfigureAwait(false);
        if (accounts.Find(request.User) is not null)
        {
            throw new RefusalException(ErrorReason.AccountExists, "There is an account of that name.");
        }

        var account = new AccountSaved(
            request.User, hash, Effective(request.Role), [.. request.Groups.Distinct(StringComparer.Ordinal)], false, time.GetUtcNow(), []);
        var (code, invitation) = request.HasPassword ? ("", null) : NewInvitation(account.User, account.Role, account.Groups, TimeSpan.FromDays(InvitationDays));
        await acts.CommitAsync(
            @operator, nameof(Operator.OperatorBase.CreateAccount), account.User, "", invitation is null ? [account] : [account, invitation]).ConfigureAwait(false);
        accounts.Put(account);
        if (invitation is not null)
        {
            accounts.Put(invitation);
        }

        return (account, code);
    }

    /// <summary>Makes a single-use code for a new account of any name.</summary>
    public async Task<(string Code, DateTimeOffset Expires)> InviteAsync(string @operator, Role role, ImmutableArray<string> groups, TimeSpan life)
    {
        var (code, invitation) = NewInvitation("", Effective(role), groups, life);
        await acts.CommitAsync(@operator, nameof(Operator.OperatorBase.CreateInvitation), Effective(role).ToString(), "", invitation).ConfigureAwait(false);
        accounts.Put(invitation);
        return (code, invitation.Expires);
    }

    /// <summary>
    /// Makes a single-use code for an operator, at the wish of whoever starts the directory. While there is no operator, the codes of earlier starts
    /// are void: nobody else can have made one.
    /// </summary>
    public async Task<string> InviteOperatorAsync(TimeSpan life)
    {
        var old = accounts.HasOperator ? [] : accounts.OperatorInvitations;
        var (code, invitation) = NewInvitation("", Role.Operator, [], life);
        await acts.CommitAsync(
            "", nameof(Operator.OperatorBase.CreateInvitation), nameof(Role.Operator), "at start",
            [invitation, .. old.Select(each => new InvitationSpent(each.CodeHash))]).ConfigureAwait(false);
        accounts.Put(invitation);
        foreach (var spent in old)
        {
            accounts.Spend(spent.CodeHash);
        }

        return code;
    }

    /// <summary>Changes role, groups, or whether the account may log in, and ends the sessions that may be no longer.</summary>
    public async Task<AccountSaved> UpdateAsync(string @operator, UpdateAccountRequest request, CancellationToken cancellationToken)
    {
        AccountSaved after;
        using (await locks.EnterAsync(cancellationToken, KeyedLocks.Account(request.User)).ConfigureAwait(false))
        {
            var before = Known(request.User);
            after = before with
            {
                Role = request.HasRole ? Effective(request.Role) : before.Role,
                Disabled = request.HasDisabled ? request.Disabled : before.Disabled,
                Groups = Groups(before.Groups, request),
            };
            await acts.CommitAsync(@operator, nameof(Operator.OperatorBase.UpdateAccount), request.User, Words(before, after), after).ConfigureAwait(false);
            accounts.Put(after);
        }

        await EndAsync(sessions.Of(request.User).Where(session => after.Disabled || (session.Peer is not null && after.Role == Role.Reader)))
            .ConfigureAwait(false);
        return after;
    }

    /// <summary>Forgets password and keys, ends the sessions, and gives a code to set a new password; earlier codes of the account are void.</summary>
    public async Task<string> ResetAsync(string @operator, string user, CancellationToken cancellationToken)
    {
        string code;
        using (await locks.EnterAsync(cancellationToken, KeyedLocks.Account(user)).ConfigureAwait(false))
        {
            var after = Known(user) with { PasswordHash = "", Keys = [] };
            var old = accounts.InvitationsOf(user);
            (code, var invitation) = NewInvitation(user, after.Role, after.Groups, TimeSpan.FromDays(InvitationDays));
            await acts.CommitAsync(
                @operator, nameof(Operator.OperatorBase.ResetPassword), user, "",
                [after, invitation, .. old.Select(each => new InvitationSpent(each.CodeHash))]).ConfigureAwait(false);
            accounts.Put(after);
            accounts.Put(invitation);
            foreach (var spent in old)
            {
                accounts.Spend(spent.CodeHash);
            }
        }

        await EndAsync(sessions.Of(user)).ConfigureAwait(false);
        return code;
    }

    async Task EndAsync(IEnumerable<Session> ending)
    {
        foreach (var session in ending)
        {
            await desk.ForgetAsync(session).ConfigureAwait(false);
        }
    }

    AccountSaved Known(string user) =>
        accounts.Find(user) ?? throw new RefusalException(ErrorReason.NoSuchAccount, "There is no account of that name.");

    (string Code, InvitationSaved Invitation) NewInvitation(string user, Role role, ImmutableArray<string> groups, TimeSpan life)
    {
        if (accounts.InvitationCount >= MostInvitations)
        {
            throw RefusalException.Quota("invitations", $"At most {MostInvitations} codes wait to be used at a time.");
        }

        var code = Tokens.New();
        return (code, new InvitationSaved(Tokens.Hash(code), user, role, groups, time.GetUtcNow() + life));
    }

    static ImmutableArray<string> Groups(ImmutableArray<string> before, UpdateAccountRequest request)
    {
        var wanted = request.Groups?.Groups ?? before.Concat(request.AddGroups).Except(request.RemoveGroups, StringComparer.Ordinal);
        ImmutableArray<string> after = [.. wanted.Distinct(StringComparer.Ordinal)];
        return after.Length <= MostGroups ? after : throw RefusalException.Quota("groups", $"An account is in at most {MostGroups} groups.");
    }

    static Role Effective(Role role) => role == Role.Unspecified ? Role.Sharer : role;

    /// <summary>What changed, for the audit log.</summary>
    static string Words(AccountSaved before, AccountSaved after)
    {
        var words = new List<string>();
        if (before.Role != after.Role)
        {
            words.Add($"role {before.Role} to {after.Role}");
        }

        if (before.Disabled != after.Disabled)
        {
            words.Add(after.Disabled ? "disabled" : "enabled");
        }

        if (!before.Groups.SequenceEqual(after.Groups))
        {
            words.Add($"groups {string.Join(", ", after.Groups)}");
        }

        return string.Join("; ", words);
    }
}
