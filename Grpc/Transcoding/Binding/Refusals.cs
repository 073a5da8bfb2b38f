using Google.Protobuf.WellKnownTypes;
using Google.Rpc;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;

/// <summary>Requests that never reach a handler: INVALID_ARGUMENT with google.rpc.BadRequest.</summary>
static class Refusals
{
    /// <param name="violations">At least one.</param>
    /// <param name="position">Which message of a stream it was, from 1; 0 if there is only one.</param>
    public static RpcException Violations(IReadOnlyList<BadRequest.Types.FieldViolation> violations, long position)
    {
        var first = violations[0];
        var message = position == 0 ? "" : $"message {position}: ";
        message += first.Field.Length > 0 ? $"{first.Field}: {first.Description}" : $"The request body is wrong: {first.Description}";
        message += violations.Count > 1 ? $" (and {violations.Count - 1} more)" : "";
        var status = new Google.Rpc.Status
        {
            Code = (int)StatusCode.InvalidArgument,
            Message = message,
            Details = { Any.Pack(new BadRequest { FieldViolations = { violations } }) },
        };
        return status.ToRpcException();
    }

    public static RpcException EmptyBody() =>
        new(new global::Grpc.Core.Status(StatusCode.InvalidArgument, "The request body is empty; it must be JSON, {} at least."));
}
