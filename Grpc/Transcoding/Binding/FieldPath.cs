using System.Collections;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;

/// <summary>Why a name leads to no field that can be set from text.</summary>
enum FieldPathProblem
{
    None,
    Unknown,
    NotText,
    TooDeep,
}

/// <summary>The way from a request to a field that a path or a query sets: a.b.c, or a.b[key] for an entry of a map.</summary>
sealed class FieldPath
{
    readonly FieldShape[] _steps;
    readonly string? _key;

    FieldPath(FieldShape[] steps, string? key)
    {
        _steps = steps;
        _key = key;
        Name = string.Join('.', steps.Select(step => step.Field.JsonName)) + (key is null ? "" : $"[{key}]");
    }

    /// <summary>The path in JSON names, the same for every spelling.</summary>
    public string Name { get; }

    public FieldShape First => _steps[0];

    public FieldShape Last => _steps[^1];

    /// <summary>Whether a second value adds to the first.</summary>
    public bool IsList => Last.IsRepeated && !Last.IsMap;

    public static FieldPathProblem TryResolve(MessageShape root, string text, int maxDepth, out FieldPath path)
    {
        path = null!;
        string? key = null;
        var names = text;
        if (text.EndsWith(']') && text.IndexOf('[') is > 0 and var bracket)
        {
            key = text[(bracket + 1)..^1];
            names = text[..bracket];
        }
        var steps = new List<FieldShape>();
        var shape = root;
        foreach (var part in names.Split('.'))
        {
            if (shape is null || shape.Kind != MessageKind.Plain || Find(shape, part) is not { } step)
            {
                return FieldPathProblem.Unknown;
            }
            steps.Add(step);
            if (steps.Count > maxDepth)
            {
                return FieldPathProblem.TooDeep;
            }
            shape = step.Type == FieldType.Message && !step.IsRepeated ? step.Message : null;
        }
        path = new FieldPath([.. steps], key);
        var last = path.Last;
        var isText = last.IsMap ? key is not null && FieldText.HasForm(last.MapValue) : key is null && FieldText.HasForm(last);
        return isText ? FieldPathProblem.None : FieldPathProblem.NotText;
    }

    /// <summary>Sets the field from a text. Returns what is wrong with it, or null.</summary>
    public string? Set(IMessage root, string text)
    {
        var target = root;
        foreach (var step in _steps.AsSpan(0, _steps.Length - 1))
        {
            if (OneofClash(step, target) is { } clash)
            {
                return clash;
            }
            if (step.Accessor.GetValue(target) is not IMessage inner)
            {
                step.Accessor.SetValue(target, inner = step.Message.Create());
            }
            target = inner;
        }
        return Last.IsMap ? SetEntry(target, text) : SetField(target, text);
    }

    string? SetField(IMessage target, string text)
    {
        if (!FieldText.TryParse(Last, text, out var value))
        {
            return ScalarText.Expectation(Last);
        }
        if (OneofClash(Last, target) is { } clash)
        {
            return clash;
        }
        if (Last.IsRepeated)
        {
            ((IList)Last.Accessor.GetValue(target)).Add(value);
        }
        else
        {
            Last.Accessor.SetValue(target, value);
        }
        return null;
    }

    string? SetEntry(IMessage target, string text)
    {
        if (!FieldText.TryParse(Last.MapKey, _key!, out var key))
        {
            return "the key " + ScalarText.Expectation(Last.MapKey);
        }
        if (!FieldText.TryParse(Last.MapValue, text, out var value))
        {
            return ScalarText.Expectation(Last.MapValue);
        }
        ((IDictionary)Last.Accessor.GetValue(target))[key!] = value;
        return null;
    }

    static string? OneofClash(FieldShape field, IMessage target)
    {
        if (field.Oneof < 0)
        {
            return null;
        }
        var other = field.Field.RealContainingOneof.Accessor.GetCaseFieldDescriptor(target);
        return other is null || other == field.Field ? null : $"another member of the oneof {field.Field.RealContainingOneof.Name} is given too";
    }

    static FieldShape? Find(MessageShape shape, string name)
    {
        Span<byte> utf8 = stackalloc byte[256];
        return Encoding.UTF8.TryGetBytes(name, utf8, out var length) ? shape.Find(utf8[..length]) : null;
    }
}
