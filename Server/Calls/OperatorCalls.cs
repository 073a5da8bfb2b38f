using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Authorization;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Operating;
using P2P.Server.Sessions;
using P2P.Server.Store;

namespace P2P.Server.Calls;

/// <summary>The Operator service. What is not overridden answers UNIMPLEMENTED.</summary>
[Authorize(Roles = nameof(Role.Operator))]
sealed class OperatorCalls(
    AccountKeeper keeper, BlockKeeper blocks, OperatorActs acts, OperatorListings listings, SessionTable sessions, IDirectoryStore store)
    : Operator.OperatorBase
{
    const int InvitationSeconds = 7 * 24 * 3600;

    public override async Task<CreateAccountResponse> CreateAccount(CreateAccountRequest request, ServerCallContext context)
    {
        var (account, invitation) = await keeper.CreateAsync(Who(context), request, context.CancellationToken).ConfigureAwait(false);
        return new CreateAccountResponse { Account = ToMessage(account), Invitation = invitation };
    }

    public override Task<ListAccountsResponse> ListAccounts(ListAccountsRequest request, ServerCallContext context)
    {
        var (page, next) = listings.Accounts(request);
        return Task.FromResult(new ListAccountsResponse { Accounts = { page.Select(ToMessage) }, NextPageToken = next });
    }

    public override async Task<UpdateAccountResponse> UpdateAccount(UpdateAccountRequest request, ServerCallContext context)
    {
        var account = await keeper.UpdateAsync(Who(context), request, context.CancellationToken).ConfigureAwait(false);
        return new UpdateAccountResponse { Account = ToMessage(account) };
    }

    public override async Task<ResetPasswordResponse> ResetPassword(ResetPasswordRequest request, ServerCallContext context) =>
        new() { Invitation = await keeper.ResetAsync(Who(context), request.User, context.CancellationToken).ConfigureAwait(false) };

    public override async Task<CreateInvitationResponse> CreateInvitation(CreateInvitationRequest request, ServerCallContext context)
    {
        var life = TimeSpan.FromSeconds(request.ExpiresInSeconds == 0 ? InvitationSeconds : request.ExpiresInSeconds);
        var (code, expires) = await keeper.InviteAsync(Who(context), request.Role, [.. request.Groups], life).ConfigureAwait(false);
        return new CreateInvitationResponse { Invitation = code, Expires = Timestamp.FromDateTimeOffset(expires) };
    }

    public override async Task<EvictPeerResponse> EvictPeer(EvictPeerRequest request, ServerCallContext context)
    {
        await blocks.EvictAsync(Who(context), request.PeerId).ConfigureAwait(false);
        return new EvictPeerResponse();
    }

    public override async Task<BanPeerResponse> BanPeer(BanPeerRequest request, ServerCallContext context)
    {
        await blocks.BanAsync(Who(context), request, context.CancellationToken).ConfigureAwait(false);
        return new BanPeerResponse();
    }

    public override async Task<TakeDownResponse> TakeDown(TakeDownRequest request, ServerCallContext context)
    {
        await blocks.TakeDownAsync(Who(context), request).ConfigureAwait(false);
        return new TakeDownResponse();
    }

    public override Task<ListBlocksResponse> ListBlocks(ListBlocksRequest request, ServerCallContext context)
    {
        var (page, next) = listings.Blocks(request);
        return Task.FromResult(new ListBlocksResponse { Blocks = { page.Select(ToMessage) }, NextPageToken = next });
    }

    public override async Task<SetRegistrationResponse> SetRegistration(SetRegistrationRequest request, ServerCallContext context)
    {
        await acts.SetRegistrationAsync(Who(context), request.Enabled).ConfigureAwait(false);
        return new SetRegistrationResponse();
    }

    public override Task<ListAuditEventsResponse> ListAuditEvents(ListAuditEventsRequest request, ServerCallContext context)
    {
        var (page, next) = listings.Audit(request);
        return Task.FromResult(new ListAuditEventsResponse { Events = { page.Select(ToMessage) }, NextPageToken = next });
    }

    public override async Task<CreateBackupResponse> CreateBackup(CreateBackupRequest request, ServerCallContext context)
    {
        if (store is not IBackupStore)
        {
            throw new RpcException(new Status(StatusCode.Unimplemented, $"Back up {store.Engine} with its own programs."));
        }

        var backup = await acts.BackupAsync(Who(context), (IBackupStore)store).ConfigureAwait(false);
        return new CreateBackupResponse { Name = backup.Name, Size = backup.Size };
    }

    static string Who(ServerCallContext context) => Caller.RequiredSession(context).User;

    Account ToMessage(AccountSaved account) => new()
    {
        User = account.User,
        Role = account.Role,
        Groups = { account.Groups },
        Disabled = account.Disabled,
        Created = Timestamp.FromDateTimeOffset(account.Created),
        Sessions = sessions.CountOf(account.User),
    };

    static Block ToMessage(BlockSaved saved)
    {
        var block = new Block { Reason = saved.Reason, Operator = saved.Operator, Time = Timestamp.FromDateTimeOffset(saved.Time) };
        if (saved.IsRoot)
        {
            block.Root = saved.Target;
        }
        else
        {
            block.PeerId = saved.Target;
        }

        return block;
    }

    static AuditEvent ToMessage(AuditSaved act) => new()
    {
        Time = Timestamp.FromDateTimeOffset(act.Time),
        Operator = act.Operator,
        Action = act.Action,
        Target = act.Target,
        Reason = act.Reason,
        Id = act.Id,
    };
}
