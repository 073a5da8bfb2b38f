using P2P.Server.Accounts;
using P2P.Server.Store;

namespace P2P.Server.Operating;

/// <summary>What an operator does becomes durable together with the line that says so, or not at all.</summary>
sealed class OperatorActs(AuditLog audit, AccessPolicy access, IDirectoryStore store)
{
    /// <summary>Commits; the caller makes visible what was written.</summary>
    /// <param name="operator">Who.</param>
    /// <param name="action">The call's name.</param>
    /// <param name="target">On what.</param>
    /// <param name="reason">Why, if it was said.</param>
    /// <param name="changes">What it comes to; may be nothing.</param>
    public async Task CommitAsync(string @operator, string action, string target, string reason, params StoreChange[] changes)
    {
        var act = audit.New(@operator, action, target, reason);
        var gone = audit.Overflow();
        await store.CommitAsync([.. changes, act, .. gone]).ConfigureAwait(false);
        audit.Put(act);
        foreach (var old in gone.OfType<AuditForgotten>())
        {
            audit.Forget(old.Id);
        }
    }

    /// <summary>The act is written down before the copy is made, and so is in it.</summary>
    public async Task<StoreBackup> BackupAsync(string @operator, IBackupStore backups)
    {
        await CommitAsync(@operator, "CreateBackup", "", "").ConfigureAwait(false);
        return await backups.BackupAsync(audit.Now).ConfigureAwait(false);
    }

    public async Task SetRegistrationAsync(string @operator, bool isOn)
    {
        var setting = new SettingSaved(AccessPolicy.RegistrationSetting, [isOn ? (byte)1 : (byte)0]);
        await CommitAsync(@operator, "SetRegistration", isOn ? "on" : "off", "", setting).ConfigureAwait(false);
        access.RegistrationOn = isOn;
    }
}
