namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Routing;

enum SegmentKind
{
    Literal,

    /// <summary>One segment, <c>*</c>.</summary>
    Single,

    /// <summary>Any number of segments, <c>**</c>.</summary>
    Multi,
}

readonly record struct TemplateSegment(SegmentKind Kind, string Text);

/// <summary>A field that captures the segments from Start on, Length of them as the template counts.</summary>
sealed record TemplateVariable(string FieldPath, int Start, int Length, bool IsMulti);

/// <summary>
/// A path template of google.api.http: Template = "/" Segments [ ":" LITERAL ], Segment = "*" | "**" | LITERAL | "{" FieldPath [ "=" Segments ] "}".
/// Literals are kept percent-decoded. "**" may stand once, and literals and "*" may follow it.
/// </summary>
sealed class RouteTemplate
{
    readonly List<TemplateSegment> _segments = [];
    readonly List<TemplateVariable> _variables = [];

    RouteTemplate(string text) => Text = text;

    public string Text { get; }

    public IReadOnlyList<TemplateSegment> Segments => _segments;

    public IReadOnlyList<TemplateVariable> Variables => _variables;

    /// <summary>The custom verb after the last colon, or null.</summary>
    public string? Verb { get; private set; }

    /// <exception cref="FormatException">The template is malformed; the message says where.</exception>
    public static RouteTemplate Parse(string text)
    {
        var template = new RouteTemplate(text);
        var parser = new Parser(text, template);
        parser.ParseTemplate();
        return template;
    }

    /// <summary>Where the template's segment stands in a path of so many segments that it matches.</summary>
    public int PathIndex(int segment, int pathLength)
    {
        var multi = _segments.FindIndex(candidate => candidate.Kind == SegmentKind.Multi);
        return multi < 0 || segment <= multi ? segment : segment + pathLength - _segments.Count;
    }

    public override string ToString() => Text;

    ref struct Parser(string text, RouteTemplate template)
    {
        int _at;

        public void ParseTemplate()
        {
            Expect('/');
            if (_at < text.Length)
            {
                ParseSegments(inVariable: false);
            }
            if (_at < text.Length)
            {
                Expect(':');
                template.Verb = TakeLiteral("a verb");
            }
            Require(_at == text.Length, "nothing may follow");
            Require(template._segments.Count(segment => segment.Kind == SegmentKind.Multi) <= 1, "** may stand once only");
        }

        void ParseSegments(bool inVariable)
        {
            do
            {
                ParseSegment(inVariable);
            }
            while (Take('/'));
        }

        void ParseSegment(bool inVariable)
        {
            if (Take('{'))
            {
                Require(!inVariable, "variables do not nest");
                ParseVariable();
            }
            else if (Take('*'))
            {
                template._segments.Add(new(Take('*') ? SegmentKind.Multi : SegmentKind.Single, ""));
            }
            else
            {
                template._segments.Add(new(SegmentKind.Literal, TakeLiteral("a segment")));
            }
            Require(_at == text.Length || text[_at] is '/' or ':' or '}', "a segment is a literal, *, ** or a variable as a whole");
        }

        void ParseVariable()
        {
            var name = TakeUntil("=}");
            Require(name.Length > 0 && name.Split('.').All(IsIdentifier), "a variable names a field path");
            Require(template._variables.All(variable => variable.FieldPath != name), "a field is captured once only");
            var start = template._segments.Count;
            if (Take('='))
            {
                ParseSegments(inVariable: true);
            }
            else
            {
                template._segments.Add(new(SegmentKind.Single, ""));
            }
            Expect('}');
            var length = template._segments.Count - start;
            var isMulti = length > 1 || template._segments[start].Kind == SegmentKind.Multi;
            template._variables.Add(new(name, start, length, isMulti));
        }

        string TakeLiteral(string what)
        {
            var literal = TakeUntil("/:{}*=");
            Require(literal.Length > 0, $"{what} must not be empty");
            Require(PathText.TryDecode(literal, keepSlashes: false, out var decoded), $"{what} is not percent-encoded UTF-8");
            return decoded;
        }

        string TakeUntil(string stops)
        {
            var length = text.AsSpan(_at).IndexOfAny(stops);
            var taken = length < 0 ? text[_at..] : text.Substring(_at, length);
            _at += taken.Length;
            return taken;
        }

        bool Take(char letter)
        {
            if (_at == text.Length || text[_at] != letter)
            {
                return false;
            }
            _at++;
            return true;
        }

        void Expect(char letter) => Require(Take(letter), $"expected '{letter}'");

        readonly void Require(bool condition, string problem)
        {
            if (!condition)
            {
                throw new FormatException($"The path template \"{text}\" is wrong at {_at}: {problem}.");
            }
        }

        static bool IsIdentifier(string name) =>
            name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');
    }
}
