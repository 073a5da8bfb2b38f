using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http.Features;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>
/// What a method's calls, by gRPC or JSON, tell of themselves: tags on the request's span, and the histogram
/// <c>rpc.server.call.duration</c> of the meter <c>Grpc.AspNetCore.Server</c>, by OpenTelemetry's semantic conventions for RPC (1.45).
/// </summary>
sealed class CallTelemetry(IMethod method, TimeProvider time)
{
    static readonly Histogram<double> s_duration = new Meter("Grpc.AspNetCore.Server").CreateHistogram(
        "rpc.server.call.duration", "s", "How long calls took.", tags: null, CallDuration.Advice);

    readonly string _name = method.FullName[1..];

    /// <returns>What <see cref="End"/> wants back.</returns>
    public long Start() => s_duration.Enabled ? time.GetTimestamp() : 0;

    public void End(HttpContext context, StatusCode status, long started)
    {
        if (s_duration.Enabled && started != 0)
        {
            s_duration.Record(time.GetElapsedTime(started).TotalSeconds, Tags(status));
        }
        if (context.Features.Get<IHttpActivityFeature>()?.Activity is { IsAllDataRequested: true } activity)
        {
            Tag(activity, status);
        }
    }

    TagList Tags(StatusCode status)
    {
        var tags = new TagList
        {
            { "rpc.system.name", "grpc" },
            { "rpc.method", _name },
            { "rpc.response.status_code", StatusMaps.Name(status) },
        };
        if (IsServerError(status))
        {
            tags.Add("error.type", StatusMaps.Name(status));
        }
        return tags;
    }

    void Tag(Activity activity, StatusCode status)
    {
        foreach (var (key, value) in Tags(status))
        {
            activity.SetTag(key, value);
        }
        // The names that the official .NET server uses, which existing dashboards know.
        activity.SetTag("grpc.method", method.FullName);
        activity.SetTag("grpc.status_code", StatusMaps.Text(status));
        if (IsServerError(status))
        {
            activity.SetStatus(ActivityStatusCode.Error);
        }
    }

    // The other codes are answers to what the client did, and no fault of this side.
    static bool IsServerError(StatusCode status) => status is StatusCode.Unknown or StatusCode.DeadlineExceeded
        or StatusCode.Unimplemented or StatusCode.Internal or StatusCode.Unavailable or StatusCode.DataLoss;
}
