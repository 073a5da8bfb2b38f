using System.Collections.Concurrent;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Json;

/// <summary>The message types that an Any may hold: the application's registry, google.rpc, the well-known ones, the mapped services'.</summary>
sealed class TypeDirectory
{
    readonly TypeRegistry _registry;
    readonly ConcurrentDictionary<string, MessageDescriptor> _types = new();
    readonly ConcurrentDictionary<FileDescriptor, bool> _files = new();

    public TypeDirectory(TypeRegistry registry)
    {
        _registry = registry;
        Add(ErrorInfo.Descriptor.File);
        Add(Google.Rpc.Status.Descriptor.File);
        foreach (var type in new[] { Any.Descriptor, Duration.Descriptor, Empty.Descriptor, FieldMask.Descriptor, Struct.Descriptor, Timestamp.Descriptor, Int32Value.Descriptor })
        {
            Add(type.File);
        }
    }

    public void Add(FileDescriptor file)
    {
        if (!_files.TryAdd(file, true))
        {
            return;
        }
        foreach (var type in file.MessageTypes)
        {
            Add(type);
        }
        foreach (var dependency in file.Dependencies)
        {
            Add(dependency);
        }
    }

    /// <summary>Finds a type by what follows the last slash of its URL. A URL without a slash is none.</summary>
    public MessageDescriptor? Find(string typeUrl)
    {
        var slash = typeUrl.LastIndexOf('/');
        if (slash < 0)
        {
            return null;
        }
        var name = typeUrl[(slash + 1)..];
        return _registry.Find(name) ?? _types.GetValueOrDefault(name);
    }

    void Add(MessageDescriptor type)
    {
        if (type.ClrType is not null)
        {
            _types.TryAdd(type.FullName, type);
        }
        foreach (var nested in type.NestedTypes)
        {
            Add(nested);
        }
    }
}
