using System.Collections.Concurrent;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Store;

namespace P2P.Server.Accounts;

/// <summary>The accounts and open invitations. Each changes under its lock in <see cref="Sessions.KeyedLocks"/>.</summary>
sealed class AccountTable
{
    readonly ConcurrentDictionary<string, AccountSaved> _accounts = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, InvitationSaved> _invitations = new(StringComparer.Ordinal);

    public int Count => _accounts.Count;

    public AccountSaved? Find(string user) => _accounts.GetValueOrDefault(user);

    /// <summary>Accounts by name, from the first after the given one.</summary>
    public IReadOnlyList<AccountSaved> After(string user, int count) =>
        [.. _accounts.Values
            .Where(account => string.CompareOrdinal(account.User, user) > 0)
            .OrderBy(account => account.User, StringComparer.Ordinal)
            .Take(count)];

    public void Put(AccountSaved account) => _accounts[account.User] = account;

    public void Put(InvitationSaved invitation) => _invitations[invitation.CodeHash] = invitation;

    /// <summary>An invitation that is still good.</summary>
    public InvitationSaved? Find(string codeHash, DateTimeOffset now) =>
        _invitations.TryGetValue(codeHash, out var invitation) && invitation.Expires > now ? invitation : null;

    /// <summary>The invitation is used up.</summary>
    public void Spend(string codeHash) => _invitations.TryRemove(codeHash, out _);

    /// <summary>Whether somebody can log in as an operator.</summary>
    public bool HasOperator => _accounts.Values.Any(account => account is { Role: Role.Operator, Disabled: false });

    /// <summary>Codes that wait to be used, the expired ones included.</summary>
    public int InvitationCount => _invitations.Count;

    /// <summary>The codes that register an operator.</summary>
    public IReadOnlyList<InvitationSaved> OperatorInvitations =>
        [.. _invitations.Values.Where(invitation => invitation is { User.Length: 0, Role: Role.Operator })];

    /// <summary>The codes that set an account's password.</summary>
    public IReadOnlyList<InvitationSaved> InvitationsOf(string user) => [.. _invitations.Values.Where(invitation => invitation.User == user)];
}
