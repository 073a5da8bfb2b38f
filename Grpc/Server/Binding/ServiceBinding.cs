using System.Reflection;
using Google.Protobuf.Reflection;

namespace Grpc.AspNetCore.Server.Binding;

/// <summary>Finds what the code generator left on a service base.</summary>
static class ServiceBinding
{
    /// <summary>The generated base of a service and its bind method, or null.</summary>
    public static (Type GeneratedBase, MethodInfo Bind)? Find(Type service)
    {
        for (var type = service; type is not null; type = type.BaseType)
        {
            if (type.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false) is { } attribute)
            {
                var bind = attribute.BindType.GetMethod(
                    attribute.BindMethodName, BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic, [typeof(ServiceBinderBase), type]);
                return bind is null ? null : (type, bind);
            }
        }
        return null;
    }

    /// <summary>The most derived override. A method that hides the generated one with <c>new</c> is no override and is passed over.</summary>
    public static MethodInfo FindHandler(Type service, Type generatedBase, IMethod method, params Type[] parameters)
    {
        for (var type = service; type is not null; type = type.BaseType)
        {
            var found = type.GetMethod(
                method.Name, BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly, parameters);
            if (found?.GetBaseDefinition().DeclaringType == generatedBase)
            {
                return found;
            }
        }
        throw new InvalidOperationException($"{service} has no method for {method.FullName}.");
    }

    /// <summary>The descriptor of a service with a generated base, or null.</summary>
    public static ServiceDescriptor? FindDescriptor(Type service) => Find(service) is { Bind.DeclaringType: { } outer }
        ? outer.GetProperty("Descriptor", BindingFlags.Static | BindingFlags.Public)?.GetValue(null) as ServiceDescriptor
        : null;
}
