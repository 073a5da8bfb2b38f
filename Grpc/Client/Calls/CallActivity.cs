using System.Diagnostics;
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client.Calls;

/// <summary>The trace span of a call, when somebody listens.</summary>
readonly struct CallActivity
{
    static readonly ActivitySource s_source = new("Grpc.Net.Client");

    readonly Activity? _activity;

    CallActivity(Activity? activity) => _activity = activity;

    public static CallActivity Start(IMethod method)
    {
        var activity = s_source.StartActivity(method.FullName[1..], ActivityKind.Client);
        activity?.SetTag("rpc.system", "grpc")
            .SetTag("rpc.service", method.ServiceName)
            .SetTag("rpc.method", method.Name)
            .SetTag("grpc.method", method.FullName);
        return new CallActivity(activity);
    }

    /// <summary>The span is current for what the call starts, not for what its caller does meanwhile.</summary>
    public void Leave()
    {
        if (_activity is not null && Activity.Current == _activity)
        {
            Activity.Current = _activity.Parent;
        }
    }

    public void Stop(StatusCode code)
    {
        if (_activity is null)
        {
            return;
        }

        _activity.SetTag("rpc.grpc.status_code", (int)code).SetTag("grpc.status_code", StatusMaps.Text(code));
        if (code != StatusCode.OK)
        {
            _activity.SetStatus(ActivityStatusCode.Error, StatusMaps.Name(code));
        }

        _activity.Dispose();
    }
}
