using System.Reflection;
using Google.Protobuf.Collections;

namespace Grpc.Validation;

/// <summary>Turns the options of a message's fields into typed checks. Reflection happens here, once per type.</summary>
static class FieldCompiler
{
    static readonly FieldRules s_none = new();

    /// <summary>What code a program that is compiled ahead has; for the rest only such as for classes in place of string.</summary>
    static readonly Dictionary<Type, Factory> s_ahead = new(
    [
        new(typeof(string), Of<string>), new(typeof(bool), Of<bool>), new(typeof(int), Of<int>), new(typeof(uint), Of<uint>),
        new(typeof(long), Of<long>), new(typeof(ulong), Of<ulong>), new(typeof(MapField<string, string>), Map<string, string>),
    ]);

    delegate FieldCheck Factory(FieldDescriptor field, PropertyInfo property, FieldRules rules, bool walks);

    public static FieldCheck[] Compile(MessageDescriptor descriptor) =>
        [.. descriptor.Fields.InDeclarationOrder().Select(Compile).OfType<FieldCheck>()];

    static FieldCheck? Compile(FieldDescriptor field)
    {
        FieldRules rules = MessageRules.On(field) ?? s_none;
        FieldDescriptor value = field.IsMap ? field.MessageType.FindFieldByNumber(2) : field;
        bool walks = value.FieldType is FieldType.Message or FieldType.Group && MessageRules.Exist(value.MessageType);
        PropertyInfo property = field.ContainingType.ClrType.GetProperty(field.PropertyName)!;
        Type type = field is { IsRepeated: true, IsMap: false } ? property.PropertyType.GenericTypeArguments[0] : property.PropertyType;
        return ReferenceEquals(rules, s_none) && !walks ? null
            : s_ahead.TryGetValue(type, out Factory? make) ? make(field, property, rules, walks)
            : (FieldCheck)typeof(FieldCompiler).GetMethod(field.IsMap ? nameof(Map) : nameof(Of), BindingFlags.NonPublic | BindingFlags.Static)!
                .MakeGenericMethod(field.IsMap ? type.GenericTypeArguments : [type]).Invoke(null, BindingFlags.DoNotWrapExceptions, null, [field, property, rules, walks], null)!;
    }

    static FieldCheck Of<T>(FieldDescriptor field, PropertyInfo property, FieldRules rules, bool walks) =>
        field.IsRepeated ? List<T>(field, property, rules, walks) : Single<T>(field, property, rules, walks);

    static SingleField<T> Single<T>(FieldDescriptor field, PropertyInfo property, FieldRules rules, bool walks) =>
        new(field, Getter<T>(property), Rule<T>(field, field, rules, walks), rules.Required);

    static ListField<T> List<T>(FieldDescriptor field, PropertyInfo property, FieldRules rules, bool walks)
    {
        if (rules.TypeCase is not (FieldRules.TypeOneofCase.None or FieldRules.TypeOneofCase.Repeated))
        {
            throw Mismatch(field, rules);
        }

        RepeatedRules repeated = rules.Repeated ?? new RepeatedRules();
        return new(field.JsonName, Getter<RepeatedField<T>>(property), repeated, Rule<T>(field, field, repeated.Items ?? s_none, walks), rules.Required);
    }

    static MapEntries<TKey, TValue> Map<TKey, TValue>(FieldDescriptor field, PropertyInfo property, FieldRules rules, bool walks)
        where TKey : notnull =>
        new(field.JsonName, Getter<MapField<TKey, TValue>>(property),
            Rule<TValue>(field, field.MessageType.FindFieldByNumber(2), rules, walks), rules.Required);

    static ValueRule<T>? Rule<T>(FieldDescriptor field, FieldDescriptor value, FieldRules rules, bool walks)
    {
        object? rule = rules.TypeCase switch
        {
            FieldRules.TypeOneofCase.None => walks ? new NestedRule<T>(FieldRulesValidator.RulesOf(value.MessageType)) : null,
            FieldRules.TypeOneofCase.Int32 => IntegerRule.Of(rules.Int32),
            FieldRules.TypeOneofCase.Int64 => IntegerRule.Of(rules.Int64),
            FieldRules.TypeOneofCase.Uint32 => IntegerRule.Of(rules.Uint32),
            FieldRules.TypeOneofCase.Uint64 => IntegerRule.Of(rules.Uint64),
            FieldRules.TypeOneofCase.String => new StringRule(rules.String, field.GetOptions()?.DebugRedact ?? false, field.FullName),
            FieldRules.TypeOneofCase.Bytes => new BytesRule(rules.Bytes),
            FieldRules.TypeOneofCase.Enum when value.FieldType == FieldType.Enum => new EnumRule<T>(value.EnumType, rules.Enum),
            _ => throw Mismatch(field, rules),
        };
        return rule is null or ValueRule<T> ? (ValueRule<T>?)rule : throw Mismatch(field, rules);
    }

    // Taken from the one for IMessage, so that a program that is compiled ahead has code for classes in its place.
    static Func<IMessage, T> Getter<T>(PropertyInfo property) =>
        (Func<IMessage, T>)((Func<MethodInfo, Func<IMessage, T>>)Bind<IMessage, T>).Method
            .GetGenericMethodDefinition().MakeGenericMethod(property.DeclaringType!, typeof(T)).Invoke(null, [property.GetMethod])!;

    static Func<IMessage, T> Bind<TMessage, T>(MethodInfo getter)
        where TMessage : IMessage
    {
        Func<TMessage, T> get = getter.CreateDelegate<Func<TMessage, T>>();
        return message => get((TMessage)message);
    }

    static InvalidOperationException Mismatch(FieldDescriptor field, FieldRules rules) =>
        new($"{field.FullName} is {(field.IsMap ? "map" : field.IsRepeated ? "repeated" : field.FieldType)}; its {rules.TypeCase} rules do not apply to that.");
}
