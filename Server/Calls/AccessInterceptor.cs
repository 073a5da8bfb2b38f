using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Accounts;
using P2P.Server.Sessions;

namespace P2P.Server.Calls;

/// <summary>Marks a call that needs no token in open access.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class OpenAccessAttribute : Attribute;

/// <summary>
/// Lets a call through if its end point's metadata allows it: <c>[AllowAnonymous]</c>, or a token with the roles of
/// <c>[Authorize]</c>. A token that is of no session is refused wherever a token has a meaning, also where none is needed.
/// </summary>
sealed class AccessInterceptor(AccessPolicy access) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        await CheckAsync(context).ConfigureAwait(false);
        return await continuation(request, context).ConfigureAwait(false);
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context,
        ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        await CheckAsync(context).ConfigureAwait(false);
        return await continuation(requestStream, context).ConfigureAwait(false);
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        await CheckAsync(context).ConfigureAwait(false);
        await continuation(request, responseStream, context).ConfigureAwait(false);
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        await CheckAsync(context).ConfigureAwait(false);
        await continuation(requestStream, responseStream, context).ConfigureAwait(false);
    }

    async Task CheckAsync(ServerCallContext context)
    {
        var http = context.GetHttpContext();
        var metadata = http.GetEndpoint()?.Metadata;
        if (access.Mode == AccessMode.Open && ForwardingHeaders.AreIn(http.Request))
        {
            throw new RefusalException(
                ErrorReason.ProxyUnknown, "The request came through a proxy; start the directory with --behind-proxy to allow that.");
        }

        var isAnonymous = metadata?.GetMetadata<IAllowAnonymous>() is not null;
        if (isAnonymous && metadata?.GetMetadata<OpenAccessAttribute>() is null)
        {
            return;
        }

        var caller = await http.AuthenticateAsync(SessionAuthentication.SchemeName).ConfigureAwait(false);
        if (caller.Failure is { } failure)
        {
            throw failure;
        }

        if (!caller.Succeeded && !isAnonymous)
        {
            throw new RefusalException(ErrorReason.TokenRequired, "The call needs a token: log in, and send 'authorization: Bearer TOKEN'.");
        }

        var roles = metadata?.GetOrderedMetadata<IAuthorizeData>().Select(needed => needed.Roles).OfType<string>() ?? [];
        if (caller.Succeeded && roles.Any(role => !caller.Principal.IsInRole(role)))
        {
            throw new RefusalException(ErrorReason.RoleRequired, "The account's role does not allow the call.");
        }
    }
}

/// <summary>What a proxy adds, and a client of one's own never sends.</summary>
static class ForwardingHeaders
{
    static readonly string[] Names = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via"];

    public static bool AreIn(HttpRequest request) => Array.Exists(Names, request.Headers.ContainsKey);
}
