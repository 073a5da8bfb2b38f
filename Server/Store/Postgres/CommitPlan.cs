using System.Text.Json;

namespace P2P.Server.Store.Postgres;

/// <summary>A row of the table of facts, by its key.</summary>
readonly record struct FactKey(string Kind, string Key);

/// <summary>Which of a peer's batches go: those of one generation, or of all below it.</summary>
readonly record struct BatchCut(string PeerId, long From, long Below);


/// <summary>
/// What a group of changes comes to: facts to write and to delete, batches to cut and then to add, and the entry for the log.
/// Pure; the order of the changes is in the outcome, not in the order of statements.
/// </summary>
sealed class CommitPlan
{
    readonly Dictionary<FactKey, string?> _facts = [];
    readonly List<BatchCut> _cuts = [];
    readonly SortedDictionary<int, BatchSaved> _batches = [];
    readonly List<LogItem> _log = [];

    CommitPlan()
    {
    }

    /// <summary>The last state of each fact; null where it is gone.</summary>
    public IReadOnlyDictionary<FactKey, string?> Facts => _facts;

    /// <summary>To be done before <see cref="Batches"/> are added.</summary>
    public IReadOnlyList<BatchCut> Cuts => _cuts;

    /// <summary>By their ordinals in the entry.</summary>
    public IReadOnlyDictionary<int, BatchSaved> Batches => _batches;

    public string Log => JsonSerializer.Serialize(_log);

    public static CommitPlan Of(IEnumerable<StoreChange> changes)
    {
        var plan = new CommitPlan();
        foreach (var change in changes)
        {
            plan.Add(change);
        }

        return plan;
    }

    /// <summary>The changes of a log entry; a batch whose bytes are gone, because a later entry took its place, is left out.</summary>
    public static IEnumerable<StoreChange> ReadLog(string log, Func<int, BatchSaved?> batch)
    {
        foreach (var item in JsonSerializer.Deserialize<List<LogItem>>(log)!)
        {
            var change = item.Batch is { } ordinal ? batch(ordinal) : ChangeText.Read(item.Kind, item.Value);
            if (change is not null)
            {
                yield return change;
            }
        }
    }

    void Add(StoreChange change)
    {
        if (change is BatchSaved batch)
        {
            var ordinal = _log.Count;
            _batches[ordinal] = batch;
            _log.Add(new LogItem(ChangeText.Kind(batch), "", ordinal));
            return;
        }

        _log.Add(new LogItem(ChangeText.Kind(change), ChangeText.Write(change), null));
        switch (change)
        {
            case SettingSaved setting:
                Put(setting.Name, setting);
                break;
            case AccountSaved account:
                Put(account.User, account);
                break;
            case InvitationSaved invitation:
                Put(invitation.CodeHash, invitation);
                break;
            case InvitationSpent spent:
                Delete<InvitationSaved>(spent.CodeHash);
                break;
            case BlockSaved block:
                Put(BlockKey(block.Target, block.IsRoot), block);
                break;
            case BlockLifted block:
                Delete<BlockSaved>(BlockKey(block.Target, block.IsRoot));
                break;
            case AuditSaved act:
                Put(act.Id, act);
                break;
            case AuditForgotten act:
                Delete<AuditSaved>(act.Id);
                break;
            case SessionSaved session:
                Put(session.TokenHash, session);
                break;
            case SessionEnded ended:
                Delete<SessionSaved>(ended.TokenHash);
                Put(ended.TokenHash, ended);
                break;
            case SessionForgotten forgotten:
                Delete<SessionSaved>(forgotten.TokenHash);
                Delete<SessionEnded>(forgotten.TokenHash);
                break;
            case HeadSaved head:
                Put(head.PeerId, head);
                Cut(new BatchCut(head.PeerId, 0, head.Generation));
                break;
            case StagedDropped staged:
                Cut(new BatchCut(staged.PeerId, staged.Generation, staged.Generation + 1));
                break;
            case CatalogDropped dropped:
                Delete<HeadSaved>(dropped.PeerId);
                Cut(new BatchCut(dropped.PeerId, 0, long.MaxValue));
                break;
            case LeasesRenewed or GrantsRevoked:
                break;
            default:
                throw new InvalidOperationException($"No plan for {change.GetType().Name}.");
        }
    }

    static string BlockKey(string target, bool isRoot) => (isRoot ? "root " : "peer ") + target;

    void Put(string key, StoreChange fact) => _facts[new FactKey(ChangeText.Kind(fact), key)] = ChangeText.Write(fact);

    void Delete<T>(string key)
        where T : StoreChange => _facts[new FactKey(typeof(T).Name, key)] = null;

    void Cut(BatchCut cut)
    {
        _cuts.Add(cut);
        foreach (var (ordinal, batch) in _batches.ToList())
        {
            if (batch.PeerId == cut.PeerId && batch.Generation >= cut.From && batch.Generation < cut.Below)
            {
                _batches.Remove(ordinal);
            }
        }
    }

    sealed record LogItem(string Kind, string Value, int? Batch);
}
