using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Grpc.Tests.Transcoding;

/// <summary>Random messages of any type, all of which JSON can hold. Extremes and defaults come up often.</summary>
sealed class RandomMessages(int seed)
{
    static readonly string[] s_texts = ["", "a", "é", "\u2028\u0000\"\\</", "日本", "😀", "null", "1", "@type"];
    static readonly string[] s_masks = ["a", "foo_bar", "a.b_c.d", "x1"];

#pragma warning disable CA5394 // Tests want the same messages every time.
    readonly Random _random = new(seed);

    public T Next<T>() where T : IMessage, new()
    {
        var message = new T();
        Fill(message, 0);
        return message;
    }

    void Fill(IMessage message, int depth)
    {
        switch (message)
        {
            case Timestamp time:
                time.Seconds = _random.NextInt64(-62_135_596_800, 253_402_300_800);
                time.Nanos = Nanos();
                return;
            case Duration duration:
                duration.Seconds = _random.NextInt64(-315_576_000_000, 315_576_000_001) / (One(2) ? 1 : 100_000_000_000);
                duration.Nanos = Math.Abs(duration.Seconds) == 315_576_000_000 ? 0 : duration.Seconds < 0 ? -Nanos() : Nanos();
                return;
            case FieldMask mask:
                mask.Paths.Add(s_masks.Take(_random.Next(4)));
                return;
            case Any any:
                FillAny(any, depth);
                return;
            case Value value:
                FillValue(value, depth);
                return;
        }
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            if (_random.Next(3) == 0 && depth < 4)
            {
                FillField(message, field, depth);
            }
        }
    }

    void FillField(IMessage message, FieldDescriptor field, int depth)
    {
        if (field.IsMap)
        {
            var map = (IDictionary)field.Accessor.GetValue(message);
            for (var count = _random.Next(3); count > 0; count--)
            {
                var key = Single(field.MessageType.Fields[1], depth);
                // Google.Protobuf cannot format a Struct with an empty key.
                map[message is Struct ? "k" + key : key] = Single(field.MessageType.Fields[2], depth);
            }
        }
        else if (field.IsRepeated)
        {
            var list = (IList)field.Accessor.GetValue(message);
            for (var count = _random.Next(3); count > 0; count--)
            {
                list.Add(Single(field, depth));
            }
        }
        else
        {
            field.Accessor.SetValue(message, Single(field, depth));
        }
    }

    object Single(FieldDescriptor field, int depth)
    {
        switch (field.FieldType)
        {
            case FieldType.Message when IsWrapper(field.MessageType):
                return Single(field.MessageType.Fields[1], depth);
            case FieldType.Message:
                var message = (IMessage)Activator.CreateInstance(field.MessageType.ClrType)!;
                Fill(message, depth + 1);
                return message;
            case FieldType.Enum:
                return field.EnumType.FullName == "google.protobuf.NullValue" ? 0 : _random.Next(-1, 5);
            case FieldType.String:
                return s_texts[_random.Next(s_texts.Length)] + s_texts[_random.Next(s_texts.Length)];
            case FieldType.Bytes:
                var bytes = new byte[_random.Next(6)];
                _random.NextBytes(bytes);
                return ByteString.CopyFrom(bytes);
            case FieldType.Bool:
                return One(2);
            case FieldType.Double:
                return One(3) ? double.Epsilon : One(3) ? double.MaxValue : One(3) ? -0.0 : One(4) ? double.NegativeInfinity : _random.NextDouble();
            case FieldType.Float:
                return One(3) ? float.Epsilon : One(3) ? float.MaxValue / 2 : One(4) ? float.PositiveInfinity : _random.NextSingle();
            case FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32:
                return One(4) ? int.MinValue : One(4) ? int.MaxValue : _random.Next(-5, 5);
            case FieldType.UInt32 or FieldType.Fixed32:
                return One(4) ? uint.MaxValue : (uint)_random.Next(5);
            case FieldType.UInt64 or FieldType.Fixed64:
                return One(4) ? ulong.MaxValue : One(4) ? 9007199254740993 : (ulong)_random.Next(5);
            default:
                return One(4) ? long.MinValue : One(4) ? 9007199254740993 : (long)_random.Next(-5, 5);
        }
    }

    void FillAny(Any any, int depth)
    {
        IMessage content = One(2) ? new Node() : One(2) ? new Duration() : new Value();
        // No Struct within: the bytes of an Any keep the order of a map's entries, which means nothing.
        Fill(content, content is Value ? int.MaxValue : depth + 1);
        any.TypeUrl = "type.googleapis.com/" + content.Descriptor.FullName;
        any.Value = content.ToByteString();
    }

    void FillValue(Value value, int depth)
    {
        switch (_random.Next(depth < 4 ? 6 : 4))
        {
            case 0:
                value.NullValue = NullValue.NullValue;
                break;
            case 1:
                value.BoolValue = One(2);
                break;
            case 2:
                value.NumberValue = One(2) ? double.MaxValue : _random.Next(-5, 5) / 4.0;
                break;
            case 3:
                value.StringValue = s_texts[_random.Next(s_texts.Length)];
                break;
            case 4:
                Fill(value.ListValue = new ListValue(), depth + 1);
                break;
            default:
                Fill(value.StructValue = new Struct(), depth + 1);
                break;
        }
    }

    int Nanos() => One(3) ? 0 : One(3) ? 500_000_000 : One(3) ? 1_000 * _random.Next(1_000_000) : _random.Next(1_000_000_000);

    bool One(int of) => _random.Next(of) == 0;
#pragma warning restore CA5394

    static bool IsWrapper(MessageDescriptor type) =>
        type.File.Name == "google/protobuf/wrappers.proto";
}
