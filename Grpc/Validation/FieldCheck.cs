using Google.Protobuf.Collections;

namespace Grpc.Validation;

/// <summary>The check of one field of a message.</summary>
abstract class FieldCheck(string name)
{
    protected string Name => name;

    public void Check(IMessage message, ViolationSink sink)
    {
        int start = sink.Count;
        CheckField(message, sink);
        if (sink.Count != start)
        {
            sink.Nest(start, name);
        }
    }

    protected abstract void CheckField(IMessage message, ViolationSink sink);
}

/// <summary>A field that is neither list nor map.</summary>
sealed class SingleField<T>(FieldDescriptor field, Func<IMessage, T> get, ValueRule<T>? rule, bool required) : FieldCheck(field.JsonName)
{
    readonly IFieldAccessor? _presence = field.HasPresence ? field.Accessor : null;

    protected override void CheckField(IMessage message, ViolationSink sink)
    {
        if (_presence is not null && !_presence.HasValue(message))
        {
            Missing(sink);
            return;
        }

        T value = get(message);
        if (required && _presence is null && IsZero(value))
        {
            Missing(sink);
            return;
        }

        rule?.Check(value, sink);
    }

    void Missing(ViolationSink sink)
    {
        if (required)
        {
            sink.Add("", "must be set");
        }
    }

    static bool IsZero(T value) => value switch
    {
        string text => text.Length == 0,
        ByteString bytes => bytes.IsEmpty,
        _ => EqualityComparer<T>.Default.Equals(value, default),
    };
}

/// <summary>A list: its size, and each of its items.</summary>
sealed class ListField<T>(string name, Func<IMessage, RepeatedField<T>> get, RepeatedRules rules, ValueRule<T>? item, bool required)
    : FieldCheck(name)
{
    readonly Range64 _size = new(required ? Math.Max(1, rules.MinItems) : rules.MinItems, rules.HasMaxItems ? rules.MaxItems : null);
    readonly bool _unique = rules.Unique;

    protected override void CheckField(IMessage message, ViolationSink sink)
    {
        RepeatedField<T> list = get(message);
        if (!_size.Contains(list.Count))
        {
            sink.Add("", list.Count == 0 ? "must not be empty" : $"must have {_size} items, has {list.Count}");
        }

        if (_unique && Repeated(list) is { } again)
        {
            sink.Add("", $"must not have equal items, but item {again} occurs before");
        }

        for (int i = 0; item is not null && i < list.Count && !sink.IsFull; i++)
        {
            int start = sink.Count;
            item.Check(list[i], sink);
            if (sink.Count != start)
            {
                sink.Nest(start, $"[{i}]");
            }
        }
    }

    /// <summary>The index of the first item that equals an earlier one. Short lists are compared without a set.</summary>
    static int? Repeated(RepeatedField<T> list)
    {
        HashSet<T>? seen = list.Count > 16 ? new(list.Count) : null;
        for (int i = 0; i < list.Count; i++)
        {
            if (seen is null ? list.IndexOf(list[i]) < i : !seen.Add(list[i]))
            {
                return i;
            }
        }

        return null;
    }
}

/// <summary>A map: each of its values.</summary>
sealed class MapEntries<TKey, TValue>(string name, Func<IMessage, MapField<TKey, TValue>> get, ValueRule<TValue>? rule, bool required)
    : FieldCheck(name)
    where TKey : notnull
{
    protected override void CheckField(IMessage message, ViolationSink sink)
    {
        MapField<TKey, TValue> map = get(message);
        if (map.Count == 0)
        {
            if (required)
            {
                sink.Add("", "must be set");
            }

            return;
        }

        foreach ((TKey key, TValue value) in map)
        {
            int start = sink.Count;
            rule?.Check(value, sink);
            if (sink.Count != start)
            {
                sink.Nest(start, key is string text ? $"[{ValueText.Quote(text)}]" : $"[{key}]");
            }
        }
    }
}
