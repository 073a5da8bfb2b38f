using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Grpc.Tests.Fuzz;

/// <summary>Makes a request of another: by its JSON tree, its bytes, its target or its headers.</summary>
sealed class JsonMutator(IReadOnlyList<JsonRequest> corpus)
{
    static readonly string[] s_values =
    [
        "null", "true", "false", "0", "-0", "1", "-1", "1.0", "1.5", "1e3", "1e400", "1E-7", "2147483647", "2147483648", "-2147483649", "9007199254740993",
        "18446744073709551615", "\"\"", "\"1\"", "\" 1\"", "\"NaN\"", "\"Infinity\"", "\"-0\"", "\"true\"", "\"E_A\"", "\"LETTER_B\"", "\"NOPE\"", "\"AQI=\"",
        "\"AQI\"", "\"-_8\"", "\"====\"", "\"2026-01-31T12:00:00.5Z\"", "\"9999-12-31T23:59:59.999999999Z\"", "\"1.5s\"", "\"-315576000000s\"", "\"a,bC.d\"",
        "\"a_b\"", "\"\\ud800\"", "\"\\u0000\"", "\"é😀\"", "[]", "{}", "[null]", "[[]]", "{\"\":{}}", "{\"value\":1}", "{\"@type\":\"x/google.protobuf.Duration\",\"value\":\"1s\"}",
        "{\"@type\":\"type.googleapis.com/grpc.tests.transcoding.Node\",\"name\":\"n\"}", "{\"@type\":\"x/no.Such\"}", "{\"@type\":\"x/google.protobuf.Any\",\"value\":{}}",
    ];

    static readonly string[] s_names =
    [
        "id", "n", "count", "ratio", "e", "tags", "tag", "owner", "owner.name", "name", "title", "opt", "extra", "page_size", "pageSize", "filter", "filter.sizes", "data",
        "dur", "mask", "sv", "flag", "labels", "labels[a]", "byNumber[1]", "time", "lv", "choiceText", "choice_number", "letters", "value", "any", "node", "next", "@type",
        "update_mask", "note", "after", "code", "nope", "",
    ];

    static readonly string[] s_headers =
    [
        "Content-Type: application/json", "Content-Type: application/x-ndjson", "Content-Type: text/plain", "Content-Type: application/json; charset=latin1", "Content-Type: ;",
        "Content-Encoding: gzip", "Accept: text/event-stream", "Accept: ;q=x", "grpc-timeout: 10S", "grpc-timeout: 1e3s", "grpc-timeout: 0m", "x-data-bin: AQI", "x-data-bin: !",
        "x-text: é", "Expect: 100-continue", "Origin: http://a", "grpc-encoding: gzip", "te: trailers", "If-None-Match: \"x\"",
    ];

    static readonly string[] s_pieces = ["/", "//", "%2F", "%25", "%", "%zz", "%C3%A9", "%E9", "..", "%2e%2e", ":archive", ":", "*", "{id}", "+", "&", "=", "?", "[", "]", ".", ";", "é", "%00", "~"];

    static readonly string[] s_scraps = ["{", "}", "[", "]", "\"", ",", ":", "\\", "\\u00", "null", "1", "-", ".", "e", " ", "\n", "\r\n", "\t", "\0", "//", "/**/", "'", "\\ud800"];

    static readonly JsonSerializerOptions s_plain = new();
    static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

#pragma warning disable CA5394 // The same requests every time.
    public JsonRequest Mutate(JsonRequest request, Random random)
    {
        // Where there is a body, most edits are of it: a target that leads elsewhere leaves it unread.
        var treeEdits = request.Body.Length > 0 ? 13 : 8;
        for (var edits = random.Next(1, 4); edits > 0; edits--)
        {
            request = random.Next(treeEdits + 11) switch
            {
                var edit when edit < treeEdits => request with { Body = EditTree(request.Body, random) },
                var edit when edit < treeEdits + 3 => request with { Body = EditBytes(request.Body, random) },
                var edit when edit < treeEdits + 5 => request with { Target = EditTarget(request.Target, random) },
                var edit when edit < treeEdits + 8 => request with { Target = AddQuery(request.Target, random) },
                var edit when edit == treeEdits + 8 => request with { Body = corpus[random.Next(corpus.Count)].Body },
                var edit when edit == treeEdits + 9 => request with { Headers = [.. request.Headers.Where(_ => random.Next(3) > 0), Pick(s_headers, random)] },
                _ => request with { Headers = [.. request.Headers, Pick(s_headers, random)] },
            };
        }
        return request;
    }

    static byte[] EditTree(byte[] body, Random random)
    {
        try
        {
            return EditedTree(JsonNode.Parse(body), random);
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException or InvalidOperationException)
        {
            // No JSON, a name twice, or half a surrogate pair: there is no such tree.
            return EditBytes(body, random);
        }
    }

    static byte[] EditedTree(JsonNode? root, Random random)
    {
        var places = Places(root).ToList();
        if (places.Count == 0)
        {
            return Encoding.UTF8.GetBytes(Pick(s_values, random));
        }
        var (parent, key) = places[random.Next(places.Count)];
        Edit(parent, key, random);
        return Encoding.UTF8.GetBytes(root!.ToJsonString(random.Next(4) == 0 ? s_indented : s_plain));
    }

    static IEnumerable<(JsonNode Parent, object Key)> Places(JsonNode? node) => node switch
    {
        JsonObject map => map.ToList().SelectMany(pair => Places(pair.Value).Prepend((map, (object)pair.Key))),
        JsonArray list => Enumerable.Range(0, list.Count).SelectMany(i => Places(list[i]).Prepend((list, (object)i))),
        _ => [],
    };

    static void Edit(JsonNode parent, object key, Random random)
    {
        var old = parent is JsonObject map ? map[(string)key] : parent[(int)key];
        switch (random.Next(6))
        {
            case 0 when parent is JsonObject fields:
                fields[Pick(s_names, random)] = Value(random);
                break;
            case 1 when parent is JsonObject fields:
                fields.Remove((string)key);
                break;
            case 2 when parent is JsonArray list:
                list.Add(random.Next(2) == 0 ? Value(random) : old?.DeepClone());
                break;
            case 3:
                Set(parent, key, random.Next(2) == 0 ? new JsonArray(old?.DeepClone()) : new JsonObject { [Pick(s_names, random)] = old?.DeepClone() });
                break;
            default:
                // Mostly something of the same kind: what is refused at once tells little.
                Set(parent, key, random.Next(4) == 0 ? Value(random) : Like(old, random));
                break;
        }
    }

    static void Set(JsonNode parent, object key, JsonNode? value)
    {
        if (parent is JsonObject map)
        {
            map[(string)key] = value;
        }
        else
        {
            parent[(int)key] = value;
        }
    }

    static JsonNode? Value(Random random)
    {
        try
        {
            return JsonNode.Parse(Pick(s_values, random));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    static JsonNode? Like(JsonNode? old, Random random) => old?.GetValueKind() switch
    {
        JsonValueKind.Number => random.Next(2) == 0 ? random.Next(-3, 100) : $"{random.Next(-3, 100)}",
        JsonValueKind.String => random.Next(3) == 0 ? Value(random) : (string?)old + (random.Next(2) == 0 ? "x" : "0"),
        JsonValueKind.True => false,
        JsonValueKind.False => true,
        JsonValueKind.Null => Value(random),
        _ => null,
    };

    static byte[] EditBytes(byte[] body, Random random)
    {
        var bytes = body.ToList();
        var at = random.Next(bytes.Count + 1);
        switch (random.Next(5))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes.RemoveRange(at, random.Next(Math.Min(8, bytes.Count - at)) + 1);
                break;
            case 2 when at < bytes.Count:
                bytes.InsertRange(at, bytes.GetRange(random.Next((at / 2) + 1), random.Next((at / 2) + 1)));
                break;
            case 3:
                bytes.InsertRange(at, Enumerable.Repeat((byte)Pick(s_scraps, random)[0], random.Next(1, 200)));
                break;
            default:
                bytes.InsertRange(at, Encoding.UTF8.GetBytes(Pick(s_scraps, random)));
                break;
        }
        return [.. bytes];
    }

    static string EditTarget(string target, Random random)
    {
        var at = random.Next(1, target.Length + 1);
        return random.Next(4) switch
        {
            0 => target.Insert(at, Pick(s_pieces, random)),
            1 when at < target.Length => target.Remove(at, 1),
            2 when at < target.Length => target[..at] + $"%{(int)target[at]:X2}" + target[(at + 1)..],
            _ => target + "x",
        };
    }

    static string AddQuery(string target, Random random)
    {
        var value = Pick(s_values, random).Trim('"');
        var encoded = random.Next(4) == 0 && !value.Contains(' ', StringComparison.Ordinal) ? value : Uri.EscapeDataString(value);
        return $"{target}{(target.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{Pick(s_names, random)}={encoded}";
    }

    static string Pick(string[] of, Random random) => of[random.Next(of.Length)];
#pragma warning restore CA5394
}
