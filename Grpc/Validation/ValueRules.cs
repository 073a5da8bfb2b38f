using System.Collections.Frozen;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Grpc.Validation;

/// <summary>What one value must meet. Violations are added with an empty path; the field that holds the value puts its name before it.</summary>
abstract class ValueRule<T>
{
    public abstract void Check(T value, ViolationSink sink);
}

/// <summary>A message within a message.</summary>
sealed class NestedRule<T>(MessageRules rules) : ValueRule<T>
{
    public override void Check(T value, ViolationSink sink) => rules.Check((IMessage)value!, sink);
}

sealed class StringRule : ValueRule<string>
{
    readonly Range64? _characters;
    readonly Range64? _bytes;
    readonly Re2Pattern? _pattern;
    readonly string _patternText;
    readonly FrozenSet<string>? _choices;
    readonly string _choicesText;
    readonly bool _secret;

    /// <param name="rules">The rules.</param>
    /// <param name="secret">The value is never quoted (debug_redact).</param>
    /// <param name="owner">Full name of the field, for the message about a pattern that is none.</param>
    public StringRule(StringRules rules, bool secret, string owner)
    {
        _characters = rules.HasLen ? new(rules.Len, rules.Len)
            : rules.HasMinLen || rules.HasMaxLen ? new(rules.MinLen, rules.HasMaxLen ? rules.MaxLen : null) : null;
        _bytes = rules.HasMinBytes || rules.HasMaxBytes ? new(rules.MinBytes, rules.HasMaxBytes ? rules.MaxBytes : null) : null;
        _pattern = rules.HasPattern ? new Re2Pattern(rules.Pattern, owner) : null;
        _patternText = rules.Pattern;
        _choices = rules.In.Count > 0 ? rules.In.ToFrozenSet(StringComparer.Ordinal) : null;
        _choicesText = string.Join(", ", rules.In.Select(ValueText.Quote));
        _secret = secret;
    }

    public override void Check(string value, ViolationSink sink)
    {
        bool fits = true;
        if (_characters is { } characters && ValueText.CodePoints(value) is var length && !characters.Contains(length))
        {
            sink.Add("", characters.Low > 0 && length == 0 ? "must not be empty" : $"must be {characters} characters, has {length}");
            fits = characters.IsBelow(length);
        }

        if (_bytes is { } bytes && Encoding.UTF8.GetByteCount(value) is var size && !bytes.Contains(size))
        {
            sink.Add("", $"must be {bytes} bytes of UTF-8, has {size}");
            fits &= bytes.IsBelow(size);
        }

        // A value that is too long is not matched as well: its length is the news, and matching it costs time.
        if (fits && _pattern is not null && !_pattern.IsMatch(value))
        {
            sink.Add("", $"must match {_patternText}{Is(value)}");
        }

        if (_choices is not null && !_choices.Contains(value))
        {
            sink.Add("", $"must be one of {_choicesText}{Is(value)}");
        }
    }

    string Is(string value) => _secret ? "" : $", is {ValueText.Quote(value)}";
}

sealed class BytesRule(BytesRules rules) : ValueRule<ByteString>
{
    readonly Range64 _size = rules.HasLen ? new(rules.Len, rules.Len) : new(rules.MinLen, rules.HasMaxLen ? rules.MaxLen : null);

    public override void Check(ByteString value, ViolationSink sink)
    {
        if (!_size.Contains(value.Length))
        {
            sink.Add("", $"must be {_size} bytes, has {value.Length}");
        }
    }
}

/// <typeparam name="T">The generated enum; protobuf enums are 32 bits wide.</typeparam>
sealed class EnumRule<T>(EnumDescriptor type, EnumRules rules) : ValueRule<T>
{
    readonly FrozenSet<int>? _defined = rules.DefinedOnly ? type.Values.Select(value => value.Number).ToFrozenSet() : null;

    public override void Check(T value, ViolationSink sink)
    {
        int number = Unsafe.As<T, int>(ref value);
        if (_defined is not null && !_defined.Contains(number))
        {
            sink.Add("", $"must be a value of {type.Name}, is {number}");
        }
    }
}

sealed class IntegerRule<T> : ValueRule<T>
    where T : struct, IBinaryInteger<T>
{
    readonly (T Value, bool Inclusive)? _low;
    readonly (T Value, bool Inclusive)? _high;
    readonly FrozenSet<T>? _choices;
    readonly string _allowed;

    public IntegerRule((T Value, bool Inclusive)? low, (T Value, bool Inclusive)? high, ICollection<T> choices)
    {
        (_low, _high) = (low, high);
        _choices = choices.Count > 0 ? choices.ToFrozenSet() : null;
        string?[] bounds =
        [
            low is { } l ? $"{(l.Inclusive ? "at least" : "more than")} {l.Value}" : null,
            high is { } h ? $"{(h.Inclusive ? "at most" : "less than")} {h.Value}" : null,
        ];
        string range = string.Join(IsOutside ? " or " : " and ", bounds.OfType<string>());
        string list = _choices is null ? "" : $"one of {string.Join(", ", choices)}";
        _allowed = range.Length > 0 && list.Length > 0 ? $"{range} and {list}" : range + list;
    }

    /// <summary>Bounds the wrong way round allow what lies outside of them, as in protovalidate.</summary>
    bool IsOutside => _low is { } low && _high is { } high && high.Value < low.Value;

    public override void Check(T value, ViolationSink sink)
    {
        bool above = _low is not { } low || value > low.Value || (low.Inclusive && value == low.Value);
        bool below = _high is not { } high || value < high.Value || (high.Inclusive && value == high.Value);
        if (!(IsOutside ? above || below : above && below) || _choices?.Contains(value) == false)
        {
            sink.Add("", $"must be {_allowed}, is {value}");
        }
    }
}

static class IntegerRule
{
    public static IntegerRule<int> Of(Int32Rules r) => new(
        r.HasGt ? (r.Gt, false) : r.HasGte ? (r.Gte, true) : null, r.HasLt ? (r.Lt, false) : r.HasLte ? (r.Lte, true) : null, r.In);

    public static IntegerRule<long> Of(Int64Rules r) => new(
        r.HasGt ? (r.Gt, false) : r.HasGte ? (r.Gte, true) : null, r.HasLt ? (r.Lt, false) : r.HasLte ? (r.Lte, true) : null, r.In);

    public static IntegerRule<uint> Of(UInt32Rules r) => new(
        r.HasGt ? (r.Gt, false) : r.HasGte ? (r.Gte, true) : null, r.HasLt ? (r.Lt, false) : r.HasLte ? (r.Lte, true) : null, r.In);

    public static IntegerRule<ulong> Of(UInt64Rules r) => new(
        r.HasGt ? (r.Gt, false) : r.HasGte ? (r.Gte, true) : null, r.HasLt ? (r.Lt, false) : r.HasLte ? (r.Lte, true) : null, r.In);
}
