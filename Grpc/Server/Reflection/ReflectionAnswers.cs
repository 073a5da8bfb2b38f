using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server.Binding;
using Grpc.Reflection.V1;

namespace Grpc.AspNetCore.Server.Reflection;

/// <summary>Answers one question of the reflection protocol about the services that are mapped when the first question comes.</summary>
sealed class ReflectionAnswers(EndpointDataSource endpoints)
{
    readonly Lazy<DescriptorIndex> _index = new(() => new DescriptorIndex(MappedServices(endpoints)));

    public ServerReflectionResponse Answer(ServerReflectionRequest request)
    {
        var response = new ServerReflectionResponse { ValidHost = request.Host, OriginalRequest = request };
        switch (request.MessageRequestCase)
        {
            case ServerReflectionRequest.MessageRequestOneofCase.FileByFilename:
                AnswerFile(response, _index.Value.File(request.FileByFilename), request.FileByFilename);
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.FileContainingSymbol:
                AnswerFile(response, _index.Value.FileOfSymbol(request.FileContainingSymbol), request.FileContainingSymbol);
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.FileContainingExtension:
                var extension = request.FileContainingExtension;
                AnswerFile(
                    response, _index.Value.Extensions(extension.ContainingType).GetValueOrDefault(extension.ExtensionNumber),
                    $"{extension.ContainingType}, {extension.ExtensionNumber}");
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.AllExtensionNumbersOfType:
                AnswerExtensions(response, request.AllExtensionNumbersOfType);
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.ListServices:
                response.ListServicesResponse = new ListServiceResponse
                {
                    Service = { _index.Value.Services.Select(name => new ServiceResponse { Name = name }) },
                };
                break;
            default:
                SetError(response, StatusCode.Unimplemented, "This kind of question is not known.");
                break;
        }
        return response;
    }

    void AnswerExtensions(ServerReflectionResponse response, string type)
    {
        if (!_index.Value.IsMessage(type))
        {
            SetError(response, StatusCode.NotFound, $"Not found: {type}");
            return;
        }
        response.AllExtensionNumbersResponse = new ExtensionNumberResponse
        {
            BaseTypeName = type,
            ExtensionNumber = { _index.Value.Extensions(type).Keys },
        };
    }

    /// <summary>The file, then everything that it imports, so that a client needs no second question.</summary>
    static void AnswerFile(ServerReflectionResponse response, FileDescriptor? file, string asked)
    {
        if (file is null)
        {
            SetError(response, StatusCode.NotFound, $"Not found: {asked}");
            return;
        }
        response.FileDescriptorResponse = new FileDescriptorResponse();
        AddWithDependencies(response.FileDescriptorResponse, file, []);
    }

    static void AddWithDependencies(FileDescriptorResponse response, FileDescriptor file, HashSet<string> added)
    {
        if (!added.Add(file.Name))
        {
            return;
        }
        response.FileDescriptorProto.Add(file.SerializedData);
        foreach (var dependency in file.Dependencies)
        {
            AddWithDependencies(response, dependency, added);
        }
    }

    static void SetError(ServerReflectionResponse response, StatusCode code, string message) =>
        response.ErrorResponse = new ErrorResponse { ErrorCode = (int)code, ErrorMessage = message };

    static IEnumerable<ServiceDescriptor> MappedServices(EndpointDataSource endpoints) => endpoints.Endpoints
        .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.ServiceType)
        .OfType<Type>()
        .Distinct()
        .Select(ServiceBinding.FindDescriptor)
        .OfType<ServiceDescriptor>()
        .DistinctBy(service => service.FullName);
}
