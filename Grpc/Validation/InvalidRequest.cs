using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Grpc.Validation;

/// <summary>Violations as the INVALID_ARGUMENT that a client gets.</summary>
public static class InvalidRequest
{
    /// <param name="violations">At least one.</param>
    /// <param name="position">Which message of a stream it was, from 1; 0 if there is only one.</param>
    public static RpcException ToRpcException(IReadOnlyList<BadRequest.Types.FieldViolation> violations, long position = 0)
    {
        ArgumentNullException.ThrowIfNull(violations);
        ArgumentOutOfRangeException.ThrowIfZero(violations.Count);
        BadRequest.Types.FieldViolation first = violations[0];
        string more = violations.Count switch
        {
            1 => "",
            ViolationSink.Limit => $" (and at least {violations.Count - 1} more violations)",
            2 => " (and 1 more violation)",
            _ => $" (and {violations.Count - 1} more violations)",
        };
        string before = position == 0 ? "" : $"message {position}: ";
        return new Google.Rpc.Status
        {
            Code = (int)Code.InvalidArgument,
            Message = $"{before}{first.Field} {first.Description}{more}",
            Details = { Any.Pack(new BadRequest { FieldViolations = { violations } }) },
        }.ToRpcException();
    }
}
