using System.Collections.Concurrent;

namespace Grpc.Validation;

/// <summary>
/// Checks messages against the <c>(buf.validate.field)</c> options of their fields, with protovalidate's meaning: a field that tracks
/// presence and is unset is checked for <c>required</c> only; any other is always checked, so that <c>min_len = 1</c> on a plain
/// proto3 string refuses the empty one. Rules are compiled once per message type; a valid message costs no allocation.
/// </summary>
public static class FieldRulesValidator
{
    static readonly ConcurrentDictionary<MessageDescriptor, MessageRules> s_compiled = new();

    [ThreadStatic]
    static ViolationSink? t_sink;

    /// <summary>Everything that is wrong with the message and the messages in it, up to <see cref="ViolationSink.Limit"/>.</summary>
    /// <exception cref="InvalidOperationException">The rules in the .proto do not fit their field; see <see cref="Prepare"/>.</exception>
    public static IReadOnlyList<BadRequest.Types.FieldViolation> Violations(IMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        ViolationSink sink = t_sink ?? new ViolationSink();
        t_sink = null;
        Check(message, sink);
        IReadOnlyList<BadRequest.Types.FieldViolation> violations = sink.Take();
        t_sink = sink;
        return violations;
    }

    /// <summary>Adds what is wrong with the message to the sink.</summary>
    public static void Check(IMessage message, ViolationSink sink)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(sink);
        RulesOf(message.Descriptor).Check(message, sink);
    }

    /// <summary>Compiles the rules of a message type and of all it contains now, so that a mistake in a .proto shows at start.</summary>
    /// <exception cref="InvalidOperationException">Rules of one type on a field of another, or a pattern that is none.</exception>
    public static void Prepare(MessageDescriptor descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        foreach (MessageDescriptor reached in MessageRules.Reachable(descriptor).Where(type => !type.IsMapEntry))
        {
            RulesOf(reached).Compile();
        }
    }

    internal static MessageRules RulesOf(MessageDescriptor descriptor) =>
        s_compiled.GetOrAdd(descriptor, static type => new MessageRules(type));
}
