using System.Reflection;
using Google.Protobuf.Collections;

namespace Grpc.Validation;

/// <summary>Turns the options of a message's fields into typed checks. Reflection happens here, once per type.</summary>
static class FieldCompiler
{
    static readonly FieldRules s_none = new();

    public static FieldCheck[] Compile(MessageDescriptor descriptor) =>
        [.. descriptor.Fields.InDeclarationOrder().Select(Compile).OfType<FieldCheck>()];

    static FieldCheck? Compile(FieldDescriptor field)
    {
        FieldRules rules = MessageRules.On(field) ?? s_none;
        FieldDescriptor value = field.IsMap ? field.MessageType.FindFieldByNumber(2) : field;
        bool walks = value.FieldType is FieldType.Message or FieldType.Group && MessageRules.Exist(value.MessageType);
        if (ReferenceEquals(rules, s_none) && !walks)
        {
            return null;
        }

        PropertyInfo property = field.ContainingType.ClrType.GetProperty(field.PropertyName)!;
        Type[] types = field.IsRepeated ? property.PropertyType.GenericTypeArguments : [property.PropertyType];
        // A program that is compiled ahead has code only for the types named here, and for classes in place of string.
        return types switch
        {
            [var type] when type == typeof(string) => Of<string>(),
            [var type] when type == typeof(bool) => Of<bool>(),
            [var type] when type == typeof(int) => Of<int>(),
            [var type] when type == typeof(uint) => Of<uint>(),
            [var type] when type == typeof(long) => Of<long>(),
            [var type] when type == typeof(ulong) => Of<ulong>(),
            [var key, var type] when key == typeof(string) && type == typeof(string) => Map<string, string>(field, property, rules, walks),
            [_, _] => Make(nameof(Map)),
            _ => Make(field.IsRepeated ? nameof(List) : nameof(Single)),
        };

        FieldCheck Of<T>() => field.IsRepeated ? List<T>(field, property, rules, walks) : Single<T>(field, property, rules, walks);

        FieldCheck Make(string factory) => (FieldCheck)typeof(FieldCompiler).GetMethod(factory, BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(types).Invoke(null, BindingFlags.DoNotWrapExceptions, null, [field, property, rules, walks], null)!;
    }

    static SingleField<T> Single<T>(FieldDescriptor field, PropertyInfo property, FieldRules rules, bool walks) =>
        new(field, Getter<T>(property), Rule<T>(field, field, rules, walks), rules.Required);

    static ListField<T> List<T>(FieldDescriptor field, PropertyInfo property, FieldRules rules, bool walks)
    {
        if (rules.TypeCase is not (FieldRules.TypeOneofCase.None or FieldRules.TypeOneofCase.Repeated))
        {
            throw Mismatch(field, rules);
        }

        RepeatedRules repeated = rules.Repeated ?? new RepeatedRules();
        ValueRule<T>? item = Rule<T>(field, field, repeated.Items ?? s_none, walks);
        return new ListField<T>(field.JsonName, Getter<RepeatedField<T>>(property), repeated, item, rules.Required);
    }

    static MapEntries<TKey, TValue> Map<TKey, TValue>(FieldDescriptor field, PropertyInfo property, FieldRules rules, bool walks)
        where TKey : notnull =>
        new(field.JsonName, Getter<MapField<TKey, TValue>>(property),
            Rule<TValue>(field, field.MessageType.FindFieldByNumber(2), rules, walks), rules.Required);

    static ValueRule<T>? Rule<T>(FieldDescriptor field, FieldDescriptor value, FieldRules rules, bool walks)
    {
        bool secret = field.GetOptions()?.DebugRedact ?? false;
        object? rule = rules.TypeCase switch
        {
            FieldRules.TypeOneofCase.None => walks ? new NestedRule<T>(FieldRulesValidator.RulesOf(value.MessageType)) : null,
            FieldRules.TypeOneofCase.Int32 => IntegerRule.Of(rules.Int32),
            FieldRules.TypeOneofCase.Int64 => IntegerRule.Of(rules.Int64),
            FieldRules.TypeOneofCase.Uint32 => IntegerRule.Of(rules.Uint32),
            FieldRules.TypeOneofCase.Uint64 => IntegerRule.Of(rules.Uint64),
            FieldRules.TypeOneofCase.String => new StringRule(rules.String, secret, field.FullName),
            FieldRules.TypeOneofCase.Bytes => new BytesRule(rules.Bytes),
            FieldRules.TypeOneofCase.Enum when value.FieldType == FieldType.Enum => new EnumRule<T>(value.EnumType, rules.Enum),
            _ => throw Mismatch(field, rules),
        };
        return rule is null or ValueRule<T> ? (ValueRule<T>?)rule : throw Mismatch(field, rules);
    }

    // No message is an IMessage and no more: that one is named for the sake of programs that are compiled ahead.
    static Func<IMessage, T> Getter<T>(PropertyInfo property) => property.DeclaringType == typeof(IMessage)
        ? Bind<IMessage, T>(property.GetMethod!)
        : (Func<IMessage, T>)typeof(FieldCompiler).GetMethod(nameof(Bind), BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(property.DeclaringType!, typeof(T)).Invoke(null, [property.GetMethod])!;

    static Func<IMessage, T> Bind<TMessage, T>(MethodInfo getter)
        where TMessage : IMessage
    {
        Func<TMessage, T> get = getter.CreateDelegate<Func<TMessage, T>>();
        return message => get((TMessage)message);
    }

    static InvalidOperationException Mismatch(FieldDescriptor field, FieldRules rules) =>
        new($"{field.FullName} is {(field.IsMap ? "map" : field.IsRepeated ? "repeated" : field.FieldType)}; its {rules.TypeCase} rules do not apply to that.");
}
