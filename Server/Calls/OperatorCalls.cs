using System.Collections.Immutable;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Authorization;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Accounts;
using P2P.Server.Catalogs;
using P2P.Server.Sessions;
using P2P.Server.Store;

namespace P2P.Server.Calls;

/// <summary>The Operator service. What is not overridden answers UNIMPLEMENTED.</summary>
[Authorize(Roles = nameof(Role.Operator))]
sealed class OperatorCalls(
    AccountDesk desk, AccountTable accounts, SessionTable sessions, PageTokens tokens, AccessPolicy access, IDirectoryStore store,
    TimeProvider time)
    : Operator.OperatorBase
{
    const int DefaultSize = 100;
    const int InvitationSeconds = 7 * 24 * 3600;

    public override async Task<CreateAccountResponse> CreateAccount(CreateAccountRequest request, ServerCallContext context)
    {
        var password = request.HasPassword ? request.Password : null;
        var (account, invitation) = await desk.CreateAsync(
            request.User, password, request.Role, [.. request.Groups], context.CancellationToken).ConfigureAwait(false);
        return new CreateAccountResponse { Account = ToMessage(account), Invitation = invitation };
    }

    public override Task<ListAccountsResponse> ListAccounts(ListAccountsRequest request, ServerCallContext context)
    {
        var query = new ListAccountsRequest();
        var after = request.PageToken.Length == 0 ? ""
            : Cursor.Read(tokens.OpenOrRefuse(query, request.PageToken), reader => reader.ReadString());
        var size = request.PageSize == 0 ? DefaultSize : request.PageSize;
        var page = accounts.After(after, size + 1);
        var response = new ListAccountsResponse { Accounts = { page.Take(size).Select(ToMessage) } };
        if (page.Count > size)
        {
            response.NextPageToken = tokens.Seal(query, Cursor.Write(writer => writer.Write(page[size - 1].User)));
        }

        return Task.FromResult(response);
    }

    public override async Task<CreateInvitationResponse> CreateInvitation(CreateInvitationRequest request, ServerCallContext context)
    {
        var seconds = request.ExpiresInSeconds == 0 ? InvitationSeconds : request.ExpiresInSeconds;
        var groups = request.Groups.ToImmutableArray();
        var (code, expires) = await desk.InviteAsync(request.Role, groups, TimeSpan.FromSeconds(seconds)).ConfigureAwait(false);
        return new CreateInvitationResponse { Invitation = code, Expires = Timestamp.FromDateTimeOffset(expires) };
    }

    public override async Task<SetRegistrationResponse> SetRegistration(SetRegistrationRequest request, ServerCallContext context)
    {
        await store.CommitAsync([new SettingSaved(AccessPolicy.RegistrationSetting, [request.Enabled ? (byte)1 : (byte)0])])
            .ConfigureAwait(false);
        access.RegistrationOn = request.Enabled;
        return new SetRegistrationResponse();
    }

    public override async Task<CreateBackupResponse> CreateBackup(CreateBackupRequest request, ServerCallContext context)
    {
        if (store is not IBackupStore backups)
        {
            throw new RpcException(new Status(StatusCode.Unimplemented, $"Back up {store.Engine} with its own programs."));
        }

        var backup = await backups.BackupAsync(time.GetUtcNow()).ConfigureAwait(false);
        return new CreateBackupResponse { Name = backup.Name, Size = backup.Size };
    }

    Account ToMessage(AccountSaved account) => new()
    {
        User = account.User,
        Role = account.Role,
        Groups = { account.Groups },
        Disabled = account.Disabled,
        Created = Timestamp.FromDateTimeOffset(account.Created),
        Sessions = sessions.Of(account.User).Count,
    };
}
