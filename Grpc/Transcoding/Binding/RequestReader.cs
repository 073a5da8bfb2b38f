using System.IO.Pipelines;
using Google.Api;
using Google.Rpc;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;

/// <summary>Makes the request message of a call: 1. the body, 2. the query, 3. the path, which has the last word.</summary>
sealed class RequestReader(HttpBinding binding, JsonCodec codec, GrpcJsonTranscodingOptions options)
{
    readonly QueryBinder _query = new(binding, options);

    public HttpBinding Binding => binding;

    /// <summary>The request of a call that has one.</summary>
    /// <exception cref="RpcException">The request is wrong; its details name every violation.</exception>
    public async ValueTask<IMessage> ReadAsync(JsonCallContext call)
    {
        var request = binding.Request.Create();
        var violations = new List<BadRequest.Types.FieldViolation>();
        if (binding.BodyIsBytes)
        {
            await ReadBytesAsync(call, request);
        }
        else if (binding.HasBody)
        {
            await ReadJsonAsync(call, request, violations);
        }
        Complete(call, request, violations);
        return request;
    }

    /// <summary>One message of a stream, from its line.</summary>
    /// <param name="call">The call.</param>
    /// <param name="line">The line, without its end.</param>
    /// <param name="position">Which message it is, from 1.</param>
    /// <exception cref="RpcException">The message is wrong; its details name every violation.</exception>
    public IMessage ReadLine(JsonCallContext call, ReadOnlySequence<byte> line, long position)
    {
        var request = binding.Request.Create();
        var violations = new List<BadRequest.Types.FieldViolation>();
        ReadJson(line, request, violations);
        Complete(call, request, violations, position);
        return request;
    }

    /// <summary>One message of a stream, from a piece of a raw body. The first has the body's type.</summary>
    public IMessage ReadChunk(JsonCallContext call, ReadOnlySequence<byte> chunk, bool isFirst)
    {
        var request = binding.Request.Create();
        SetBytes(request, isFirst ? call.HttpContext.Request.ContentType : null, chunk.ToArray());
        Complete(call, request, []);
        return request;
    }

    /// <summary>415 unless the body is JSON.</summary>
    public static void RequireJson(JsonCallContext call, bool stream)
    {
        if (!ContentTypes.IsJson(call.HttpContext.Request, stream))
        {
            throw call.Refuse(
                StatusCodes.Status415UnsupportedMediaType, StatusCode.InvalidArgument,
                stream ? "The body must be NDJSON: content type application/x-ndjson, UTF-8." : "The body must be JSON: content type application/json, UTF-8.");
        }
    }

    // 2. and 3.
    void Complete(JsonCallContext call, IMessage request, List<BadRequest.Types.FieldViolation> violations, long position = 0)
    {
        _query.Bind(call.HttpContext.Request.QueryString.Value, request, violations);
        for (var i = 0; i < binding.Variables.Length; i++)
        {
            if (binding.Variables[i].Set(request, call.RouteValues[i]) is { } problem)
            {
                violations.Add(new() { Field = binding.Variables[i].Name, Description = problem });
            }
        }
        if (violations.Count > 0)
        {
            throw Refusals.Violations(violations, position);
        }
    }

    async ValueTask ReadJsonAsync(JsonCallContext call, IMessage request, List<BadRequest.Types.FieldViolation> violations)
    {
        if (ContentTypes.HasNoBody(call.HttpContext.Request))
        {
            throw Refusals.EmptyBody();
        }
        RequireJson(call, stream: false);
        var input = call.HttpContext.Request.BodyReader;
        var body = await ReadToEndAsync(call, input);
        try
        {
            if (body.IsEmpty)
            {
                throw Refusals.EmptyBody();
            }
            ReadJson(body, request, violations);
        }
        finally
        {
            // Kestrel gives up a connection whose request has a read that is under way.
            input.AdvanceTo(body.End);
        }
    }

    void ReadJson(ReadOnlySequence<byte> text, IMessage request, List<BadRequest.Types.FieldViolation> violations)
    {
        violations.AddRange(codec.Read(text, request, binding.BodyField));
        if (violations.Count == 0 && binding.UpdateMask is { } mask && mask.Accessor.GetValue(request) is null
            && !Array.Exists(binding.Variables, variable => variable.First == mask))
        {
            mask.Accessor.SetValue(request, BodyMask.Of(text, binding.BodyField!.Message, codec.ReaderOptions));
        }
    }

    async ValueTask ReadBytesAsync(JsonCallContext call, IMessage request)
    {
        var input = call.HttpContext.Request.BodyReader;
        var body = await ReadToEndAsync(call, input);
        SetBytes(request, call.HttpContext.Request.ContentType, body.ToArray());
        input.AdvanceTo(body.End);
    }

    void SetBytes(IMessage request, string? contentType, byte[] bytes)
    {
        var body = new HttpBody { ContentType = contentType ?? "", Data = UnsafeByteOperations.UnsafeWrap(bytes) };
        if (binding.BodyField is { } field)
        {
            field.Accessor.SetValue(request, body);
        }
        else
        {
            ((HttpBody)request).MergeFrom(body);
        }
    }

    static async ValueTask<ReadOnlySequence<byte>> ReadToEndAsync(JsonCallContext call, PipeReader input)
    {
        var limit = call.Options.MaxReceiveMessageSize ?? long.MaxValue;
        if (call.HttpContext.Request.ContentLength > limit)
        {
            throw call.TooLarge();
        }
        while (true)
        {
            var result = await input.ReadAsync(call.CancellationToken);
            if (result.Buffer.Length > limit)
            {
                input.AdvanceTo(result.Buffer.End);
                throw call.TooLarge();
            }
            if (result.IsCompleted)
            {
                return result.Buffer;
            }
            input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }
}
