namespace Grpc.Net.Client.Channels;

/// <summary>What is the same for every call of a method on a channel. Call credentials are told the service's URL.</summary>
sealed record MethodPlan(Uri Uri, string ServiceUrl, RetryPolicy? RetryPolicy)
{
    public static MethodPlan Create(IMethod method, Uri address, ServiceConfig? config)
    {
        var root = address.GetLeftPart(UriPartial.Authority);
        return new MethodPlan(
            new Uri(root + method.FullName, UriKind.Absolute),
            root + "/" + method.ServiceName,
            config is null ? null : FindPolicy(method, config));
    }

    /// <summary>The method's own, else its service's, else the default's.</summary>
    static RetryPolicy? FindPolicy(IMethod method, ServiceConfig config) =>
        (Find(config, name => name.Service == method.ServiceName && name.Method == method.Name)
            ?? Find(config, name => name.Service == method.ServiceName && string.IsNullOrEmpty(name.Method))
            ?? Find(config, name => string.IsNullOrEmpty(name.Service) && string.IsNullOrEmpty(name.Method)))?.RetryPolicy;

    static MethodConfig? Find(ServiceConfig config, Func<MethodName, bool> matches) =>
        config.MethodConfigs.FirstOrDefault(entry => entry.Names.Any(matches));
}
