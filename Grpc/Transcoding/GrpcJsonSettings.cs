namespace Microsoft.AspNetCore.Grpc.JsonTranscoding;

/// <summary>How messages look as JSON. The defaults are those of the official package.</summary>
public sealed class GrpcJsonSettings
{
    /// <summary>Leaves out fields without presence that hold their default. Default false. Fields with presence are written whenever set.</summary>
    public bool IgnoreDefaultValues { get; set; }

    /// <summary>Writes enum values as numbers instead of names. Default false. Both are always read.</summary>
    public bool WriteEnumsAsIntegers { get; set; }

    /// <summary>Writes 64-bit integers as strings, as proto3 JSON says: a JavaScript number holds 53 bits. Default false.</summary>
    public bool WriteInt64sAsStrings { get; set; }

    /// <summary>Indents JSON. Default false. Streams stay one line a message.</summary>
    public bool WriteIndented { get; set; }

    /// <summary>Matches field names without regard to ASCII case. Default false.</summary>
    public bool PropertyNameCaseInsensitive { get; set; }

    /// <summary>Writes FILE_STATE_NEW of the enum FileState as NEW, and reads both. Default false.</summary>
    public bool RemoveEnumPrefix { get; set; }
}
