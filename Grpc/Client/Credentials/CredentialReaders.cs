namespace Grpc.Net.Client.Credentials;

/// <summary>Asks channel credentials what they are made of.</summary>
sealed class ChannelCredentialReader : ChannelCredentialsConfiguratorBase
{
    public bool IsSecure { get; private set; }

    public List<AsyncAuthInterceptor> CallCredentials { get; } = [];

    public static ChannelCredentialReader Read(ChannelCredentials credentials)
    {
        var reader = new ChannelCredentialReader();
        credentials.InternalPopulateConfiguration(reader, reader);
        return reader;
    }

    public override void SetInsecureCredentials(object? state) => IsSecure = false;

    public override void SetSslCredentials(
        object? state, string? rootCertificates, KeyCertificatePair? keyCertificatePair, VerifyPeerCallback? verifyPeerCallback)
    {
        if (rootCertificates is not null || keyCertificatePair is not null || verifyPeerCallback is not null)
        {
            throw new InvalidOperationException(
                "Certificates and their verification are settings of the HttpHandler (SocketsHttpHandler.SslOptions), not of SslCredentials.");
        }

        IsSecure = true;
    }

    public override void SetCompositeCredentials(object? state, ChannelCredentials channelCredentials, CallCredentials callCredentials)
    {
        channelCredentials.InternalPopulateConfiguration(this, this);
        CallCredentialReader.Read(callCredentials, CallCredentials);
    }
}

/// <summary>Asks call credentials for the interceptors they are made of.</summary>
sealed class CallCredentialReader(List<AsyncAuthInterceptor> interceptors) : CallCredentialsConfiguratorBase
{
    public static void Read(CallCredentials credentials, List<AsyncAuthInterceptor> interceptors) =>
        credentials.InternalPopulateConfiguration(new CallCredentialReader(interceptors), interceptors);

    public override void SetAsyncAuthInterceptorCredentials(object? state, AsyncAuthInterceptor interceptor) =>
        interceptors.Add(interceptor);

    public override void SetCompositeCredentials(object? state, IReadOnlyList<CallCredentials> credentials)
    {
        foreach (var part in credentials)
        {
            part.InternalPopulateConfiguration(this, this);
        }
    }
}
