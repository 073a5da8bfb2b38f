using Google.Rpc;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Json;

/// <summary>
/// What is wrong with a JSON text. While reading only byte offsets are kept; paths, lines and columns are worked out by a second walk,
/// so that good texts pay nothing for them.
/// </summary>
sealed class JsonProblems
{
    const int Most = 32;

    readonly List<(long At, string Text)> _found = [];

    public bool IsEmpty => _found.Count == 0;

    public void Add(long at, string text)
    {
        if (_found.Count < Most)
        {
            _found.Add((at, text));
        }
    }

    /// <summary>Notes what is wrong with the current value and skips it. Returns false, for the caller to return.</summary>
    public bool Refuse(ref Utf8JsonReader json, string text)
    {
        Add(json.TokenStartIndex, text);
        json.Skip();
        return false;
    }

    public void AddSyntax(JsonException error, ReadOnlySequence<byte> text)
    {
        var at = 0L;
        for (var line = error.LineNumber ?? 0; line > 0 && text.Slice(at).PositionOf((byte)'\n') is { } end; line--)
        {
            at += text.Slice(at, end).Length + 1;
        }
        at = Math.Min(at + (error.BytePositionInLine ?? 0), text.Length);
        _found.Add((at, at == text.Length ? "the JSON text ends too early" : "the text is not valid JSON here"));
    }

    /// <summary>The problems in the order of the text, each with the path of its field and its line and column, from 1.</summary>
    public List<BadRequest.Types.FieldViolation> Locate(ReadOnlySequence<byte> text, JsonReaderOptions options, string? root)
    {
        var violations = new List<BadRequest.Types.FieldViolation>(_found.Count);
        var walk = new Walk(text, options);
        foreach (var (at, problem) in _found.OrderBy(found => found.At))
        {
            walk.MoveTo(at);
            var (line, column) = Position(text.Slice(0, at));
            violations.Add(new() { Field = walk.Path(root), Description = $"{problem} (line {line}, column {column})" });
        }
        return violations;
    }

    static (int Line, int Column) Position(ReadOnlySequence<byte> before)
    {
        var (line, column) = (1, 1);
        foreach (var part in before)
        {
            foreach (var letter in part.Span)
            {
                // Columns count characters: continuation bytes of UTF-8 belong to the one before.
                (line, column) = letter == '\n' ? (line + 1, 1) : (line, (letter & 0xC0) == 0x80 ? column : column + 1);
            }
        }
        return (line, column);
    }

    ref struct Walk(ReadOnlySequence<byte> text, JsonReaderOptions options)
    {
        readonly List<(string? Name, int Index)> _levels = [];
        Utf8JsonReader _json = new(text, options);
        bool _ended;

        public void MoveTo(long at)
        {
            try
            {
                while (!_ended && _json.TokenStartIndex < at)
                {
                    _ended = !_json.Read();
                    Follow();
                }
            }
            catch (JsonException)
            {
                // The text is broken here: the path so far is the path of the break.
                _ended = true;
            }
        }

        public readonly string Path(string? root)
        {
            var path = new StringBuilder(root);
            foreach (var (name, index) in _levels)
            {
                if (name is not null)
                {
                    path.Append(path.Length > 0 ? "." : "").Append(name);
                }
                else if (index >= 0)
                {
                    path.Append('[').Append(index).Append(']');
                }
            }
            return path.ToString();
        }

        void Follow()
        {
            switch (_json.TokenType)
            {
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    _levels.RemoveAt(_levels.Count - 1);
                    return;
                case JsonTokenType.PropertyName:
                    _levels[^1] = (Name(), 0);
                    return;
            }
            if (_levels is [.., (null, var index)])
            {
                _levels[^1] = (null, index + 1);
            }
            if (_json.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                _levels.Add((null, -1));
            }
        }

        readonly string Name()
        {
            var bytes = _json.HasValueSequence ? _json.ValueSequence.ToArray() : _json.ValueSpan.ToArray();
            var name = Encoding.UTF8.GetString(bytes);
            return name.Length <= 64 ? name : name[..64] + "…";
        }
    }
}
