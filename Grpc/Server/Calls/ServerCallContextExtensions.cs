namespace Grpc.AspNetCore.Server
{
    /// <summary>The HTTP feature that leads from a request to its gRPC call.</summary>
    public interface IServerCallContextFeature
    {
        Core.ServerCallContext ServerCallContext { get; }
    }
}

namespace Grpc.Core
{
    /// <summary>Leads from a call to its HTTP request.</summary>
    public static class ServerCallContextExtensions
    {
        internal const string HttpContextKey = "__HttpContext";

        /// <summary>The HTTP context of a call. A fake context for tests offers one as <c>UserState["__HttpContext"]</c>.</summary>
        /// <exception cref="InvalidOperationException">The call is not hosted by ASP.NET Core.</exception>
        public static HttpContext GetHttpContext(this ServerCallContext serverCallContext)
        {
            ArgumentNullException.ThrowIfNull(serverCallContext);
            if (serverCallContext is HttpCallContext call)
            {
                return call.HttpContext;
            }
            return serverCallContext.UserState.TryGetValue(HttpContextKey, out var found) && found is HttpContext httpContext
                ? httpContext
                : throw new InvalidOperationException("This call has no HttpContext: it is not hosted by ASP.NET Core.");
        }
    }
}
