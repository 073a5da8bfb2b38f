using P2P.Server.Store;

namespace P2P.Server.Accounts;

/// <summary>That a caller is who it says, and what its account becomes by that.</summary>
/// <param name="Before">The account as it was checked; null if there was none. It must still be this one when the login is committed.</param>
/// <param name="Account">The account as it is to be.</param>
/// <param name="InvitationHash">The code that is used up.</param>
sealed record Admission(AccountSaved? Before, AccountSaved Account, string? InvitationHash);
