namespace Grpc.Validation;

/// <summary>
/// Collects what is wrong with a request, at most <see cref="Limit"/> violations. Paths are written in JSON names, as a client spells
/// them: <c>files[3].size</c>, <c>labels["a"].value</c>.
/// </summary>
public sealed class ViolationSink
{
    /// <summary>Further violations are dropped: a batch of a million bad items needs no answer of a million lines.</summary>
    public const int Limit = 100;

    List<BadRequest.Types.FieldViolation>? _found;

    /// <summary>Nothing more is collected; a validator may stop.</summary>
    public bool IsFull => Count >= Limit;

    public int Count => _found?.Count ?? 0;

    /// <param name="field">Path of the field from the request, in JSON names.</param>
    /// <param name="description">What is allowed, and safe to show to a stranger: "must be at most 255 bytes of UTF-8, has 300".</param>
    public void Add(string field, string description)
    {
        if (!IsFull)
        {
            (_found ??= []).Add(new BadRequest.Types.FieldViolation { Field = field, Description = description });
        }
    }

    /// <summary>Whether this very field already has a violation, so that a rule over several fields can keep silent.</summary>
    public bool Has(string field) => _found is not null && _found.Exists(violation => violation.Field == field);

    /// <summary>The violations so far; the sink is empty afterwards.</summary>
    public IReadOnlyList<BadRequest.Types.FieldViolation> Take()
    {
        List<BadRequest.Types.FieldViolation>? found = _found;
        _found = null;
        return found ?? (IReadOnlyList<BadRequest.Types.FieldViolation>)[];
    }

    /// <summary>
    /// Puts <paramref name="step"/> before the paths of the violations from <paramref name="start"/> on. Paths grow from the leaf
    /// outwards, so that nothing is built for a message without violations.
    /// </summary>
    internal void Nest(int start, string step)
    {
        for (int i = start; i < Count; i++)
        {
            string inner = _found![i].Field;
            _found[i].Field = inner.Length == 0 || inner[0] == '[' ? step + inner : $"{step}.{inner}";
        }
    }
}
