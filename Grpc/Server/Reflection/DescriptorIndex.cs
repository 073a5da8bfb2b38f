using Google.Protobuf.Reflection;

namespace Grpc.AspNetCore.Server.Reflection;

/// <summary>Finds descriptors of the files that the services need, by file name, symbol and extension. Immutable.</summary>
sealed class DescriptorIndex
{
    readonly Dictionary<string, FileDescriptor> _files = new(StringComparer.Ordinal);
    readonly Dictionary<string, FileDescriptor> _symbols = new(StringComparer.Ordinal);
    readonly HashSet<string> _messages = new(StringComparer.Ordinal);
    readonly Dictionary<string, SortedDictionary<int, FileDescriptor>> _extensions = new(StringComparer.Ordinal);

    public DescriptorIndex(IEnumerable<ServiceDescriptor> services)
    {
        foreach (var service in services)
        {
            Services.Add(service.FullName);
            AddFile(service.File);
        }
    }

    /// <summary>Full names of the services, sorted.</summary>
    public SortedSet<string> Services { get; } = new(StringComparer.Ordinal);

    public FileDescriptor? File(string name) => _files.GetValueOrDefault(name);

    /// <summary>The file that defines a service, method, message, field, enum, enum value or extension.</summary>
    public FileDescriptor? FileOfSymbol(string fullName) => _symbols.GetValueOrDefault(fullName);

    /// <summary>Whether a message of that name exists.</summary>
    public bool IsMessage(string fullName) => _messages.Contains(fullName);

    /// <summary>The extensions of a message, by number.</summary>
    public IReadOnlyDictionary<int, FileDescriptor> Extensions(string extendedType) =>
        _extensions.TryGetValue(extendedType, out var extensions) ? extensions : new SortedDictionary<int, FileDescriptor>();

    void AddFile(FileDescriptor file)
    {
        if (!_files.TryAdd(file.Name, file))
        {
            return;
        }
        foreach (var service in file.Services)
        {
            Add(service);
            Add(service.Methods);
        }
        Add(file.EnumTypes);
        AddExtensions(file.Extensions);
        foreach (var message in file.MessageTypes)
        {
            AddMessage(message);
        }
        foreach (var dependency in file.Dependencies)
        {
            AddFile(dependency);
        }
    }

    void AddMessage(MessageDescriptor message)
    {
        Add(message);
        _messages.Add(message.FullName);
        Add(message.Fields.InDeclarationOrder());
        Add(message.EnumTypes);
        AddExtensions(message.Extensions);
        foreach (var nested in message.NestedTypes)
        {
            AddMessage(nested);
        }
    }

    void AddExtensions(ExtensionCollection extensions)
    {
        foreach (var extension in extensions.UnorderedExtensions)
        {
            Add(extension);
            var type = extension.ExtendeeType.FullName;
            if (!_extensions.TryGetValue(type, out var known))
            {
                _extensions[type] = known = [];
            }
            known[extension.FieldNumber] = extension.File;
        }
    }

    void Add(IEnumerable<DescriptorBase> descriptors)
    {
        foreach (var descriptor in descriptors)
        {
            Add(descriptor);
        }
    }

    void Add(DescriptorBase descriptor)
    {
        _symbols.TryAdd(descriptor.FullName, descriptor.File);
        if (descriptor is EnumDescriptor enumeration)
        {
            Add(enumeration.Values);
        }
    }
}
