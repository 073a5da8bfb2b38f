using Grpc.AspNetCore.Server.Binding;
using Grpc.AspNetCore.Server.Model;
using Microsoft.Extensions.Options;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding;

/// <summary>Adds the JSON routes of a service: one for each google.api.http rule of its methods, additional ones included.</summary>
sealed class JsonServiceMethodProvider<TService>(
    JsonCodec codec, IOptions<GrpcJsonTranscodingOptions> options, TimeProvider time, ILoggerFactory loggers) : IServiceMethodProvider<TService>
    where TService : class
{
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<TService> context)
    {
        if (ServiceBinding.Find(typeof(TService)) is not var (generatedBase, bind)
            || ServiceBinding.FindDescriptor(typeof(TService)) is not { } descriptor)
        {
            // Bound to delegates, or by other tools than protoc: there are no rules to read.
            return;
        }
        codec.AddTypes(descriptor.File);
        var logger = loggers.CreateLogger(typeof(TService).FullName ?? typeof(TService).Name);
        bind.Invoke(null, [new JsonBinder<TService>(context, generatedBase, descriptor, codec, options.Value, time, logger), null]);
    }
}
