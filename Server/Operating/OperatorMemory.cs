using P2P.Server.Store;

namespace P2P.Server.Operating;

/// <summary>Takes into memory what operators did before this start, or at another directory of the same store.</summary>
sealed class OperatorMemory(BlockTable blocks, AuditLog audit)
{
    public void Apply(StoreChange change)
    {
        switch (change)
        {
            case BlockSaved block:
                blocks.Put(block);
                break;
            case BlockLifted lifted:
                blocks.Lift(lifted);
                break;
            case AuditSaved act:
                audit.Put(act);
                break;
            case AuditForgotten act:
                audit.Forget(act.Id);
                break;
            default:
                throw new InvalidOperationException($"{change.GetType().Name} is nothing that operators do.");
        }
    }
}
