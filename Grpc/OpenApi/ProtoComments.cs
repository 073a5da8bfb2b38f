using Google.Protobuf.Collections;

namespace Microsoft.AspNetCore.Grpc.Swagger;

/// <summary>The comments of .proto files by the full name of what they stand at: services, methods, messages, fields, oneofs, enums and their values.</summary>
public sealed class ProtoComments
{
    readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);

    public void Add(FileDescriptorSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        // What the well-known types say in their files is about generated code, not about JSON.
        foreach (FileDescriptorProto file in set.File.Where(file => file.Package != "google.protobuf"))
        {
            foreach (SourceCodeInfo.Types.Location place in file.SourceCodeInfo?.Location ?? [])
            {
                string comment = place.HasLeadingComments ? place.LeadingComments : place.TrailingComments;
                if (comment.Length > 0 && NameAt(file, place.Path) is { } name)
                {
                    _texts[name] = Unwrap(comment);
                }
            }
        }
    }

    /// <summary>The whole comment with its paragraphs unwrapped, or null.</summary>
    public string? Of(IDescriptor descriptor) => _texts.GetValueOrDefault((descriptor ?? throw new ArgumentNullException(nameof(descriptor))).FullName);

    /// <summary>The first sentence, without its full stop, and the rest.</summary>
    internal static (string Summary, string Remainder) Split(string comment)
    {
        int end = comment.IndexOf("\n\n", StringComparison.Ordinal) is >= 0 and var paragraph ? paragraph : comment.Length;
        for (int dot = comment.IndexOf(". ", StringComparison.Ordinal); dot >= 0 && dot < end; dot = comment.IndexOf(". ", dot + 1, StringComparison.Ordinal))
        {
            if (dot + 2 < comment.Length && !char.IsLower(comment[dot + 2]))
            {
                end = dot + 1;
            }
        }

        return (comment[..end].TrimEnd('.'), comment[end..].Trim());
    }

    /// <summary>
    /// Follows a path of descriptor.proto: field numbers and indexes in turn, from the file downwards. Options and the like have no name.
    /// </summary>
    static string? NameAt(FileDescriptorProto file, RepeatedField<int> path)
    {
        StringBuilder name = new(file.Package);
        object? at = file;
        for (int i = 0; i + 1 < path.Count && at is not null; i += 2)
        {
            (at, string step) = Child(at!, path[i], path[i + 1]);
            name.Append(name.Length > 0 ? "." : "").Append(step);
        }

        return at is null or FileDescriptorProto || path.Count % 2 != 0 ? null : name.ToString();
    }

    static (object?, string) Child(object parent, int field, int index) => (parent, field) switch
    {
        (FileDescriptorProto file, FileDescriptorProto.MessageTypeFieldNumber) => (file.MessageType[index], file.MessageType[index].Name),
        (FileDescriptorProto file, FileDescriptorProto.EnumTypeFieldNumber) => (file.EnumType[index], file.EnumType[index].Name),
        (FileDescriptorProto file, FileDescriptorProto.ServiceFieldNumber) => (file.Service[index], file.Service[index].Name),
        (DescriptorProto type, DescriptorProto.FieldFieldNumber) => (type.Field[index], type.Field[index].Name),
        (DescriptorProto type, DescriptorProto.NestedTypeFieldNumber) => (type.NestedType[index], type.NestedType[index].Name),
        (DescriptorProto type, DescriptorProto.EnumTypeFieldNumber) => (type.EnumType[index], type.EnumType[index].Name),
        (DescriptorProto type, DescriptorProto.OneofDeclFieldNumber) => (type.OneofDecl[index], type.OneofDecl[index].Name),
        (EnumDescriptorProto type, EnumDescriptorProto.ValueFieldNumber) => (type.Value[index], type.Value[index].Name),
        (ServiceDescriptorProto service, ServiceDescriptorProto.MethodFieldNumber) => (service.Method[index], service.Method[index].Name),
        _ => (null, ""),
    };

    /// <summary>Lines of a paragraph become one, because Markdown readers disagree about single line ends. Lists and indented text stay.</summary>
    static string Unwrap(string comment)
    {
        StringBuilder text = new();
        bool open = false;
        foreach (string raw in comment.Split('\n'))
        {
            string line = (raw.StartsWith(' ') ? raw[1..] : raw).TrimEnd();
            bool own = line.Length == 0 || line[0] is ' ' or '-' or '*' or '|' or '#';
            text.Append(text.Length == 0 ? "" : open && !own ? " " : "\n").Append(line);
            open = line.Length > 0;
        }

        return text.ToString().Trim();
    }
}
