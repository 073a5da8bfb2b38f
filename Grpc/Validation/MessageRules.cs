namespace Grpc.Validation;

/// <summary>The compiled rules of one message type. Compiled on first use, so that a type may contain itself.</summary>
sealed class MessageRules(MessageDescriptor descriptor)
{
    readonly Lazy<FieldCheck[]> _fields = new(() => FieldCompiler.Compile(descriptor));

    public void Compile() => _ = _fields.Value;

    public void Check(IMessage message, ViolationSink sink)
    {
        foreach (FieldCheck field in _fields.Value)
        {
            if (sink.IsFull)
            {
                return;
            }

            field.Check(message, sink);
        }
    }

    /// <summary>The rules on a field, or null.</summary>
    public static FieldRules? On(FieldDescriptor field) => field.GetOptions()?.GetExtension(ValidateExtensions.Field);

    /// <summary>Whether a message of this type can break any rule at all; if not, it is not walked.</summary>
    public static bool Exist(MessageDescriptor root) =>
        Reachable(root).Any(type => type.Fields.InDeclarationOrder().Any(field => On(field) is not null));

    public static HashSet<MessageDescriptor> Reachable(MessageDescriptor root)
    {
        HashSet<MessageDescriptor> seen = [root];
        Stack<MessageDescriptor> open = new([root]);
        while (open.TryPop(out MessageDescriptor? type))
        {
            foreach (FieldDescriptor field in type.Fields.InDeclarationOrder())
            {
                if (field.FieldType is FieldType.Message or FieldType.Group && seen.Add(field.MessageType))
                {
                    open.Push(field.MessageType);
                }
            }
        }

        return seen;
    }
}
