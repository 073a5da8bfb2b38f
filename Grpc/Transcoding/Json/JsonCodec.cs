using System.Text.Encodings.Web;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Json;

/// <summary>Messages to proto3 JSON and back, under one set of options. Safe for use by many threads.</summary>
sealed class JsonCodec
{
    // What an Any may hold beside the application's own: google.rpc, the well-known types, the mapped services' messages.
    readonly HashSet<FileDescriptor> _files =
    [
        ErrorInfo.Descriptor.File, Google.Rpc.Status.Descriptor.File, Any.Descriptor.File, Duration.Descriptor.File, Empty.Descriptor.File,
        FieldMask.Descriptor.File, Struct.Descriptor.File, Timestamp.Descriptor.File, Int32Value.Descriptor.File,
    ];

    readonly GrpcJsonTranscodingOptions _options;
    readonly JsonMessageWriter _messages;
    readonly JsonWriterOptions _indented;
    readonly JsonWriterOptions _plain;
    volatile TypeRegistry _types;
    Utf8JsonWriter? _spare;

    public JsonCodec(GrpcJsonTranscodingOptions options)
    {
        _options = options;
        _types = TypeRegistry.FromFiles(_files);
        Shapes = new ShapeCache(options.JsonSettings);
        ReaderOptions = new JsonReaderOptions { MaxDepth = options.MaxDepth };
        // The relaxed encoder leaves letters beyond ASCII as they are; the answer is never part of an HTML page.
        _plain = new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
        _indented = _plain with { Indented = options.JsonSettings.WriteIndented };
        _messages = new JsonMessageWriter(this, options.JsonSettings);
    }

    public ShapeCache Shapes { get; }

    public JsonReaderOptions ReaderOptions { get; }

    public bool RejectUnknownFields => _options.RejectUnknownFields;

    /// <summary>Makes the messages of a service's file, and of what it imports, known to Any.</summary>
    public void AddTypes(FileDescriptor file)
    {
        lock (_files)
        {
            _files.Add(file);
            _types = TypeRegistry.FromFiles(_files);
        }
    }

    /// <summary>Finds a type by what follows the last slash of its URL. A URL without a slash is none; nor is the entry of a map a message.</summary>
    public MessageDescriptor? FindType(string typeUrl)
    {
        var name = typeUrl.LastIndexOf('/') is >= 0 and var slash ? typeUrl[(slash + 1)..] : "";
        return (_options.TypeRegistry.Find(name) ?? _types.Find(name)) is { ClrType: not null } type ? type : null;
    }

    /// <summary>Reads a JSON text into a message, or into one field of it. The list is empty if all is well; else the message is of no use.</summary>
    public IReadOnlyList<BadRequest.Types.FieldViolation> Read(ReadOnlySequence<byte> text, IMessage target, FieldShape? field = null)
    {
        var problems = new JsonProblems();
        var reader = new JsonMessageReader(this, problems);
        try
        {
            var json = text.IsSingleSegment ? new Utf8JsonReader(text.FirstSpan, ReaderOptions) : new Utf8JsonReader(text, ReaderOptions);
            reader.ReadDocument(ref json, target, field);
        }
        catch (JsonException error)
        {
            problems.AddSyntax(error, text);
        }
        return problems.IsEmpty ? [] : problems.Locate(text, ReaderOptions, field?.Field.JsonName);
    }

    /// <summary>Writes a message, or one field of it: indented if the settings say so, unless it is a line of a stream.</summary>
    /// <exception cref="JsonFormatException">The message holds a value that JSON has no form for.</exception>
    public void Write(IBufferWriter<byte> output, IMessage message, FieldShape? field = null, bool isLine = false)
    {
        var json = isLine || !_options.JsonSettings.WriteIndented ? Rent(output) : new Utf8JsonWriter(output, _indented);
        if (field is null)
        {
            _messages.Write(json, message);
        }
        else
        {
            _messages.WriteField(json, field, message);
        }
        Return(json);
    }

    Utf8JsonWriter Rent(IBufferWriter<byte> output)
    {
        if (Interlocked.Exchange(ref _spare, null) is not { } json)
        {
            return new Utf8JsonWriter(output, _plain);
        }
        json.Reset(output);
        return json;
    }

    void Return(Utf8JsonWriter json)
    {
        json.Flush();
        if (!json.Options.Indented)
        {
            _spare = json;
        }
    }
}
