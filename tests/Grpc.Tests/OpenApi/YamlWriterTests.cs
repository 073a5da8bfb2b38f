using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.AspNetCore.Grpc.Swagger;
using P2P.Toolbox;
using static Grpc.Tests.OpenApi.LibraryDocument;

namespace Grpc.Tests.OpenApi;

public sealed class YamlWriterTests
{
    [Theory]
    [InlineData("""{"a":"b"}""", "a: b\n")]
    [InlineData("""{"a":"yes","b":"No","c":"null","d":"1.5","e":"3.1.1","f":"on"}""", "a: \"yes\"\nb: \"No\"\nc: \"null\"\nd: \"1.5\"\ne: \"3.1.1\"\nf: \"on\"\n")]
    [InlineData("""{"a":[],"b":{},"c":null,"d":true,"e":-1.5}""", "a: []\nb: {}\nc: null\nd: true\ne: -1.5\n")]
    [InlineData("""{"200":[{"x":1,"v":[2,[3]]},"z"]}""", "\"200\":\n  - x: 1\n    v:\n      - 2\n      - - 3\n  - z\n")]
    [InlineData("""{"a":"one\n\ntwo: #3"}""", "a: |-\n  one\n\n  two: #3\n")]
    [InlineData("""{"a":" one\ntwo","b":"x\n"}""", "a: \" one\\ntwo\"\nb: \"x\\n\"\n")]
    [InlineData("""{"{a}":"#b","c":"é: ü","d":""}""", "\"{a}\": \"#b\"\nc: \"é: ü\"\nd: \"\"\n")]
    [InlineData("{}", "{}\n")]
    public void Write_Json_IsBlockYaml(string json, string expected) => Assert.Equal(expected, YamlWriter.Write(JsonNode.Parse(json)!));

    /// <summary>Texts of any sort, the library document among them, come back from a YAML reader of others as they were.</summary>
    [Fact]
    public async Task Write_AnyText_ReadBackByOthersIsTheSame()
    {
        string modules = ForeignTool.NodeModules("js-yaml");
        Gen<string> awkward = Gen.Elements('a', 'B', '0', ' ', '\n', ':', '#', '-', '"', '\'', '\\', '{', '|', '%', '@', '\t', 'é', '\u2028', '\u0085', '~', '\r', '\u0001', '.')
            .ListOf(12).Select(letters => string.Concat(letters));
        JsonArray texts = [.. awkward.Sample(500).Select(text => new JsonObject { [$"k{text}"] = text })];
        JsonObject document = new() { ["library"] = Build(), ["texts"] = texts };
        string folder = Directory.CreateTempSubdirectory().FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "a.yaml"), YamlWriter.Write(document), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "a.json"), document.ToJsonString(), TestContext.Current.CancellationToken);
        const string Script = "const y=require('js-yaml'),f=require('fs');require('assert').deepStrictEqual(y.load(f.readFileSync('a.yaml','utf8')),JSON.parse(f.readFileSync('a.json','utf8')))";

        await ForeignCommand.RunAsync("node", ["-e", Script], folder, modules);
        Directory.Delete(folder, recursive: true);
    }
}
