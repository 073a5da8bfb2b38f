using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Rpc;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Json;

/// <summary>Messages to proto3 JSON and back, under one set of options. Safe for use by many threads.</summary>
sealed class JsonCodec
{
    readonly GrpcJsonTranscodingOptions _options;
    readonly JsonMessageWriter _messages;
    readonly JsonWriterOptions _indented;
    readonly JsonWriterOptions _plain;
    readonly TypeDirectory _types;
    Utf8JsonWriter? _spare;

    public JsonCodec(GrpcJsonTranscodingOptions options)
    {
        _options = options;
        _types = new TypeDirectory(options.TypeRegistry);
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
    public void AddTypes(FileDescriptor file) => _types.Add(file);

    public MessageDescriptor? FindType(string typeUrl) => _types.Find(typeUrl);

    /// <summary>Reads a JSON text. The list is empty if all is well; else the target is in an unknown state.</summary>
    public IReadOnlyList<BadRequest.Types.FieldViolation> Read(ReadOnlySequence<byte> text, IMessage target) =>
        Read(text, target, field: null);

    /// <summary>Reads a JSON text into one field of the target. Paths in violations start at that field.</summary>
    public IReadOnlyList<BadRequest.Types.FieldViolation> Read(ReadOnlySequence<byte> text, IMessage target, FieldDescriptor? field)
    {
        var problems = new JsonProblems();
        var reader = new JsonMessageReader(this, problems);
        var shape = Shapes.For(target.Descriptor);
        try
        {
            var json = text.IsSingleSegment ? new Utf8JsonReader(text.FirstSpan, ReaderOptions) : new Utf8JsonReader(text, ReaderOptions);
            if (field is null)
            {
                reader.ReadDocument(ref json, target, shape);
            }
            else
            {
                reader.ReadDocument(ref json, target, shape.Fields[shape.IndexOf(field)]);
            }
        }
        catch (JsonException error)
        {
            problems.AddSyntax(error, text);
        }
        return problems.IsEmpty ? [] : problems.Locate(text, ReaderOptions, field?.JsonName);
    }

    /// <summary>Writes a message, indented if the settings say so.</summary>
    /// <exception cref="JsonFormatException">The message holds a value that JSON has no form for.</exception>
    public void Write(IBufferWriter<byte> output, IMessage message)
    {
        using var json = new Utf8JsonWriter(output, _indented);
        _messages.Write(json, message);
    }

    /// <summary>Writes one field's value, which may be a list or a map.</summary>
    /// <exception cref="JsonFormatException">The message holds a value that JSON has no form for.</exception>
    public void WriteField(IBufferWriter<byte> output, IMessage message, FieldDescriptor field)
    {
        using var json = new Utf8JsonWriter(output, _indented);
        var shape = Shapes.For(message.Descriptor);
        _messages.WriteField(json, shape.Fields[shape.IndexOf(field)], message);
    }

    /// <summary>Writes a message as one line, without its end.</summary>
    /// <exception cref="JsonFormatException">The message holds a value that JSON has no form for.</exception>
    public void WriteLine(IBufferWriter<byte> output, IMessage message, string? insideOf = null)
    {
        var json = Interlocked.Exchange(ref _spare, null) ?? new Utf8JsonWriter(output, _plain);
        json.Reset(output);
        if (insideOf is not null)
        {
            json.WriteStartObject();
            json.WritePropertyName(insideOf);
        }
        _messages.Write(json, message);
        if (insideOf is not null)
        {
            json.WriteEndObject();
        }
        json.Flush();
        _spare = json;
    }
}
