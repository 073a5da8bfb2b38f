namespace Grpc.AspNetCore.Server.Calls;

/// <summary>The client reset the stream or the connection was lost while a request was being read.</summary>
sealed class ClientGoneException(Exception cause) : OperationCanceledException("The client went away.", cause);
