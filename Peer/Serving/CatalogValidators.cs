using Grpc.Validation;
using P2P.Content;
using P2P.Contracts.CatalogV1;

namespace P2P.Peers.Serving;

/// <summary>A content is named by root (with or without the length), or by path.</summary>
static class ContentNameRules
{
    public static void Check(bool hasRoot, bool hasLength, bool hasPath, string prefix, ViolationSink violations)
    {
        if (hasRoot == hasPath)
        {
            violations.Add(prefix + "root", hasRoot ? "goes without path" : "is required, or path");
        }

        if (hasLength && !hasRoot)
        {
            violations.Add(prefix + "length", "goes with root");
        }
    }
}

sealed class DescribeValidator : IRequestValidator<DescribeRequest>
{
    public void Validate(DescribeRequest request, ViolationSink violations)
    {
        ContentNameRules.Check(request.HasRoot, request.HasLength, request.HasPath, "", violations);
        if (request.ForUpload && !(request.HasRoot && request.HasLength))
        {
            violations.Add("forUpload", "goes with root and length");
        }

        if (request.Hashes is { Count: > 0 } hashes)
        {
            if (!int.IsPow2(hashes.Count))
            {
                violations.Add("hashes.count", "must be a power of two");
            }
            else if (hashes.Index % hashes.Count != 0)
            {
                violations.Add("hashes.index", "must be a multiple of count");
            }
        }
    }
}

sealed class DownloadValidator : IRequestValidator<DownloadRequest>
{
    public void Validate(DownloadRequest request, ViolationSink violations)
    {
        for (var number = 0; number < request.Ranges.Count; number++)
        {
            var range = request.Ranges[number];
            ContentNameRules.Check(range.HasRoot, range.HasLength, range.HasPath, $"ranges[{number}].", violations);
        }
    }
}

sealed class UploadValidator : IRequestValidator<UploadRequest>
{
    public void Validate(UploadRequest request, ViolationSink violations)
    {
        if (request.PartCase == UploadRequest.PartOneofCase.None)
        {
            violations.Add("part", "is required: header or data");
        }

        if (request.Header is not { } header)
        {
            return;
        }

        if (SharedPath.Problem(header.Path) is { } problem)
        {
            violations.Add("header.path", problem);
        }

        var isContent = ContentRoot.TryParse(header.Root, out var root) && new ContentId(root, header.Length).IsValid;
        if (header.Root.Length == ContentRoot.Size * 2 && header.Length >= 0 && !isContent)
        {
            violations.Add("header.root", "is not possible with that length");
        }

        if (header.Time is { } time && !Times.IsTime(time))
        {
            violations.Add("header.time", "must be a time of the years 1 to 9999");
        }

        if (header.Offset > header.Length || header.Offset % TreeShape.BlockSize != 0)
        {
            violations.Add("header.offset", "must be a multiple of 16384 within the length");
        }
    }
}
