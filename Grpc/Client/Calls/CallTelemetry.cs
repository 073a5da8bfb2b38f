using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Grpc.Net.Client.Calls;

/// <summary>
/// The span of a call and its duration, when somebody listens: activity source and meter <c>Grpc.Net.Client</c>, histogram
/// <c>rpc.client.call.duration</c>, by OpenTelemetry's semantic conventions for RPC (1.45). Retries are within the call.
/// </summary>
readonly struct CallTelemetry
{
    static readonly ActivitySource s_source = new("Grpc.Net.Client");

    static readonly Histogram<double> s_duration = new Meter("Grpc.Net.Client").CreateHistogram(
        "rpc.client.call.duration", "s", "How long calls took, retries included.", tags: null, CallDuration.Advice);

    readonly ChannelSettings _settings;
    readonly IMethod _method;
    readonly Activity? _activity;
    readonly long _started;

    CallTelemetry(ChannelSettings settings, IMethod method)
    {
        (_settings, _method) = (settings, method);
        _started = s_duration.Enabled ? settings.TimeProvider.GetTimestamp() : 0;
        _activity = s_source.HasListeners() ? s_source.StartActivity(ActivityKind.Client, tags: CallTags(), name: method.FullName[1..]) : null;
        _activity?.SetTag("grpc.method", method.FullName);
    }

    public static CallTelemetry Start(ChannelSettings settings, IMethod method) => new(settings, method);

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
        if (_started != 0)
        {
            var tags = CallTags();
            foreach (var tag in EndTags(code))
            {
                tags.Add(tag);
            }

            s_duration.Record(_settings.TimeProvider.GetElapsedTime(_started).TotalSeconds, tags);
        }

        if (_activity is not null)
        {
            StopActivity(_activity, code);
        }
    }

    static void StopActivity(Activity activity, StatusCode code)
    {
        foreach (var (key, value) in EndTags(code))
        {
            activity.SetTag(key, value);
        }

        activity.SetTag("grpc.status_code", StatusMaps.Text(code));
        if (code != StatusCode.OK)
        {
            activity.SetStatus(ActivityStatusCode.Error, StatusMaps.Name(code));
        }

        activity.Dispose();
    }

    TagList CallTags() => new()
    {
        { "rpc.system.name", "grpc" },
        { "rpc.method", _method.FullName[1..] },
        { "server.address", _settings.Address.Host },
        { "server.port", _settings.Address.Port },
    };

    static TagList EndTags(StatusCode code)
    {
        var tags = new TagList { { "rpc.response.status_code", StatusMaps.Name(code) } };
        if (code != StatusCode.OK)
        {
            tags.Add("error.type", StatusMaps.Name(code));
        }

        return tags;
    }
}
