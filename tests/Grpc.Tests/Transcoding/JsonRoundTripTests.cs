using System.Buffers;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Json;

namespace Grpc.Tests.Transcoding;

/// <summary>Random messages to JSON and back, by us and by Google.Protobuf's own JSON code; beside Python's in <see cref="BothWaysTests"/>.</summary>
public sealed class JsonRoundTripTests
{
    static readonly TypeRegistry s_types = TypeRegistry.FromFiles(TranscodingReflection.Descriptor);

    static JsonCodec Codec(bool defaults = false, bool integers = false, bool lines = true)
    {
        var settings = new GrpcJsonSettings
        {
            IgnoreDefaultValues = !defaults,
            WriteInt64sAsStrings = true,
            WriteEnumsAsIntegers = integers,
            WriteIndented = !lines,
        };
        return new JsonCodec(new() { RejectUnknownFields = true, TypeRegistry = s_types, JsonSettings = settings });
    }

    static string Write(JsonCodec codec, IMessage message)
    {
        var output = new ArrayBufferWriter<byte>();
        codec.Write(output, message);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    static Everything Read(JsonCodec codec, byte[] json, int cut = 0)
    {
        var message = new Everything();
        var text = cut == 0 ? new ReadOnlySequence<byte>(json) : Pieces.Cut(json, cut);
        var violations = codec.Read(text, message);
        Assert.True(violations.Count == 0, $"{string.Join(';', violations)} in {Encoding.UTF8.GetString(json)}");
        return message;
    }

    // As they are on the wire: there minus zero is the default, which Equals tells from zero.
    static void Same(Everything expected, Everything actual) =>
        Assert.Equal(Everything.Parser.ParseFrom(expected.ToByteString()), Everything.Parser.ParseFrom(actual.ToByteString()));

    [Theory]
    [InlineData(false, false, true)]
    [InlineData(true, false, false)]
    [InlineData(true, true, true)]
    public void WriteThenRead_RandomMessages_AreTheSame(bool defaults, bool integers, bool lines)
    {
        var random = new RandomMessages(1);
        var codec = Codec(defaults, integers, lines);
        for (var i = 0; i < 1000; i++)
        {
            var message = random.Next<Everything>();
            var json = Encoding.UTF8.GetBytes(Write(codec, message));
            Same(message, Read(codec, json));
            Same(message, Read(codec, json, cut: 1 + (i % 7)));
        }
    }

    [Fact]
    public void Read_DamagedTexts_GiveMessagesOrViolations()
    {
        var messages = new RandomMessages(4);
        var codec = Codec();
        byte[][] pieces = ["\\ud800"u8.ToArray(), "\""u8.ToArray(), "{"u8.ToArray(), "]"u8.ToArray(), "null"u8.ToArray(), [0xC3], "1e99"u8.ToArray(), "@type"u8.ToArray()];
        var (read, refused) = (0, 0);
#pragma warning disable CA5394 // The same damage every time.
        var random = new Random(5);
        for (var i = 0; i < 5_000; i++)
        {
            var json = Encoding.UTF8.GetBytes(Write(codec, messages.Next<Everything>())).ToList();
            for (var damage = random.Next(1, 4); damage > 0 && json.Count > 2; damage--)
            {
                var at = random.Next(json.Count - 1);
                json.RemoveRange(at, random.Next(2));
                json.InsertRange(at, random.Next(2) == 0 ? pieces[random.Next(pieces.Length)] : [json[random.Next(json.Count)]]);
            }
            var text = json.ToArray();
            var violations = codec.Read(new ReadOnlySequence<byte>(text), new Everything());
            var again = codec.Read(Pieces.Cut(text, 1 + random.Next(9)), new Everything());
            Assert.Equal(violations, again);
            (read, refused) = violations.Count == 0 ? (read + 1, refused) : (read, refused + 1);
        }
#pragma warning restore CA5394
        Assert.True(read > 100 && refused > 100, $"{read} read, {refused} refused");
    }

    [Fact]
    public void RandomMessages_BesideGoogleProtobuf_AreTheSame()
    {
        var random = new RandomMessages(2);
        var codec = Codec();
        var formatter = new JsonFormatter(JsonFormatter.Settings.Default.WithTypeRegistry(s_types));
        var parser = new JsonParser(JsonParser.Settings.Default.WithTypeRegistry(s_types));
        for (var i = 0; i < 1000; i++)
        {
            var message = random.Next<Everything>();
            Same(message, parser.Parse<Everything>(Write(codec, message)));
            Same(message, Read(codec, Encoding.UTF8.GetBytes(formatter.Format(message))));
        }
    }
}
