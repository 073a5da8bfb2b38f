using System.Collections;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Json;

/// <summary>What the codec needs to know of a field, worked out once.</summary>
sealed class FieldShape(FieldDescriptor field, int index, ShapeCache cache)
{
    MessageShape? _message;
    object? _default;

    public FieldDescriptor Field { get; } = field;

    public IFieldAccessor Accessor => Field.Accessor;

    /// <summary>Where the field stands in its message's <see cref="MessageShape.Fields"/>.</summary>
    public int Index { get; } = index;

    public FieldType Type { get; } = field.FieldType;

    public bool IsMap { get; } = field.IsMap;

    public bool IsRepeated { get; } = field.IsRepeated;

    public bool HasPresence { get; } = field.HasPresence;

    /// <summary>The index of the oneof that the field is a member of; −1 for none.</summary>
    public int Oneof { get; } = field.RealContainingOneof?.Index ?? -1;

    public JsonEncodedText JsonName { get; } = JsonEncodedText.Encode(field.JsonName);

    public EnumShape? Enum { get; } = field.FieldType == FieldType.Enum ? cache.For(field.EnumType) : null;

    /// <summary>The field's message type (of a map: its entry). Looked up late, because types may contain themselves.</summary>
    public MessageShape Message => _message ??= cache.For(Field.MessageType);

    /// <summary>Whether a field without presence holds its default. Minus zero counts as zero: the binary form leaves it out too.</summary>
    public bool IsDefault(IMessage message) =>
        Accessor.GetValue(message) is var value && (value is ICollection list ? list.Count == 0 : value.Equals(_default ??= Default()));

    public FieldShape MapKey => Message.Fields[0];

    public FieldShape MapValue => Message.Fields[1];

    /// <summary>Whether null is a value of the type, not the absence of one.</summary>
    public bool TakesNull => Enum is { IsNull: true } || (Type == FieldType.Message && Message.Kind == MessageKind.Value);

    object Default() => Accessor.GetValue(cache.For(Field.ContainingType).Create());
}
