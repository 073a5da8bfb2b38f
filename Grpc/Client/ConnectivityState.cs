namespace Grpc.Core;

/// <summary>What a channel knows of its connections.</summary>
public enum ConnectivityState
{
    /// <summary>No call was made yet.</summary>
    Idle,

    /// <summary>A first connection is being made.</summary>
    Connecting,

    /// <summary>The last request was answered.</summary>
    Ready,

    /// <summary>The last connection could not be made; the next call tries again.</summary>
    TransientFailure,

    /// <summary>The channel is disposed.</summary>
    Shutdown,
}
