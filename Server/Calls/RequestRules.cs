using System.Globalization;
using System.Net;
using System.Text;
using Grpc.Validation;
using P2P.Content;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Search;

namespace P2P.Server.Calls;

/// <summary>Names that cannot be told apart by looking are no account names. The field's pattern has what every regular expression can say.</summary>
static class AccountName
{
    public static void Check(string user, ViolationSink violations)
    {
        if (!violations.Has("user") && user.EnumerateRunes().Any(IsInvisible))
        {
            violations.Add("user", "must not have format or other invisible characters");
        }
    }

    static bool IsInvisible(Rune rune) => rune.Value != ' ' && Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator;
}

/// <summary>Who sends several files asks for each.</summary>
sealed class RenewTicketRules : IRequestValidator<RenewTicketRequest>
{
    public void Validate(RenewTicketRequest request, ViolationSink violations)
    {
        if (request.ForUpload && request.More.Count > 0)
        {
            violations.Add("more", "must be empty with forUpload");
        }
    }
}

sealed class CreateAccountRules : IRequestValidator<CreateAccountRequest>
{
    public void Validate(CreateAccountRequest request, ViolationSink violations) => AccountName.Check(request.User, violations);
}

sealed class UpdateAccountRules : IRequestValidator<UpdateAccountRequest>
{
    public void Validate(UpdateAccountRequest request, ViolationSink violations)
    {
        if (request.HasRole && request.Role == Role.Unspecified)
        {
            violations.Add("role", "must be reader, sharer or operator; leave it out to keep the one there is");
        }

        if (request.Groups is not null && request.AddGroups.Count + request.RemoveGroups.Count > 0)
        {
            violations.Add("groups", "must be unset with addGroups or removeGroups");
        }
    }
}

/// <summary>A query of accents or invisible characters alone would fit every name; a search that ends with its page counts nothing.</summary>
sealed class SearchRules : IRequestValidator<SearchRequest>
{
    public void Validate(SearchRequest request, ViolationSink violations)
    {
        if (!violations.Has("archivo") && Fold.Text(request.Archivo).Length == 0)
        {
            violations.Add("archivo", "has nothing to look for: accents and invisible characters do not count");
        }

        if (request.Order == SearchOrder.Path && request.Facets.Count > 0)
        {
            violations.Add("facets", "must be empty in this order: it looks at one page only");
        }

        if (request.Order == SearchOrder.Path && request.Filter is { MinSources: > 1 })
        {
            violations.Add("filter.min_sources", "counts nothing in this order: every hit has one source");
        }
    }
}

/// <summary>Rules over several fields, and of forms that field rules cannot say.</summary>
sealed class LoginRules : IRequestValidator<LoginRequest>
{
    public void Validate(LoginRequest request, ViolationSink violations)
    {
        AccountName.Check(request.User, violations);
        if (request.Password.Length == 0 && request.Proof is null)
        {
            violations.Add("password", "is needed without a proof");
        }

        if (request.HasInvitation && request.Password.Length == 0)
        {
            violations.Add("password", "is needed with an invitation");
        }

        if (request.Reader)
        {
            Reader(request, violations);
            return;
        }

        Address(request, violations);
        FileRules.Check(request.Files, "files", violations);
        foreach (var name in LoginDecoding.Names(request.Archivos).Distinct(StringComparer.Ordinal))
        {
            if (SharedPath.Problem(name) is { } fault)
            {
                violations.Add("archivos", $"'{FileRules.Quote(name)}': {fault}");
            }
        }
    }

    static void Reader(LoginRequest request, ViolationSink violations)
    {
        if (request.Files.Count > 0)
        {
            violations.Add("files", "must be empty: a reader shares nothing");
        }

        if (request.Archivos.Length > 0)
        {
            violations.Add("archivos", "must be empty: a reader shares nothing");
        }
    }

    static void Address(LoginRequest request, ViolationSink violations)
    {
        foreach (var violation in AddressPolicy.Read(request.Ip, request.Url, request.Port, IPAddress.Loopback).Violations)
        {
            if (!violations.Has(violation.Field))
            {
                violations.Add(violation.Field, violation.Description);
            }
        }

        for (var i = 0; i < request.Addresses.Count; i++)
        {
            if (!PeerEndpoint.TryParseHostAndPort(request.Addresses[i], secure: true, out _))
            {
                violations.Add($"addresses[{i}]", "must be host:port with a literal IP address");
            }
        }
    }
}

/// <summary>The address that selects a peer: both of its fields or none; an empty one counts as left out.</summary>
sealed class PeerSelectionRules : IRequestValidator<IndexRequest>, IRequestValidator<LogoutRequest>, IRequestValidator<DescargarRequest>
{
    public void Validate(IndexRequest request, ViolationSink violations) =>
        Check(request.Ip, request.Url, violations);

    public void Validate(LogoutRequest request, ViolationSink violations) =>
        Check(request.Ip, request.Url, violations);

    public void Validate(DescargarRequest request, ViolationSink violations)
    {
        Check(request.Ip, request.Url, violations);
        if (request.Archivo.Length == 0 && !request.HasRoot)
        {
            violations.Add("archivo", "is needed where no root is given");
        }

        if (request.HasLength && !request.HasRoot)
        {
            violations.Add("length", "names a content only together with root");
        }
    }

    static void Check(string ip, string url, ViolationSink violations)
    {
        foreach (var violation in AddressPolicy.ReadPair(ip, url).Violations)
        {
            violations.Add(violation.Field == "port" ? "url" : violation.Field, violation.Description);
        }
    }
}

/// <summary>A batch by itself; how it follows the batch before is looked at with the catalog.</summary>
sealed class PublishRules : IRequestValidator<PublishRequest>
{
    public void Validate(PublishRequest request, ViolationSink violations)
    {
        FileRules.Check(request.Upserts, "upserts", violations);
        for (var i = 0; i < request.Removes.Count; i++)
        {
            if (SharedPath.Problem(request.Removes[i]) is { } fault)
            {
                violations.Add($"removes[{i}]", fault);
            }
        }
    }
}

/// <summary>A watcher that asks for matches says of what.</summary>
sealed class WatchRules : IRequestValidator<WatchRequest>
{
    public void Validate(WatchRequest request, ViolationSink violations)
    {
        if (request.Kinds.Contains(WatchKind.Unspecified))
        {
            violations.Add("kinds", "must be kinds of events");
        }

        if (request.Kinds.Contains(WatchKind.QueryMatched) && !request.HasArchivo)
        {
            violations.Add("archivo", "is needed for WATCH_KIND_QUERY_MATCHED");
        }
    }
}

/// <summary>Rules of lists of files.</summary>
static class FileRules
{
    public static void Check(IReadOnlyList<FileEntry> files, string field, ViolationSink violations)
    {
        // Peers send files in order, and what is in order has no path twice.
        var seen = IsAscending(files) ? null : new Dictionary<string, int>(files.Count, StringComparer.Ordinal);
        for (var i = 0; i < files.Count && !violations.IsFull; i++)
        {
            if (SharedPath.Problem(files[i].Path) is { } fault && !violations.Has($"{field}[{i}].path"))
            {
                violations.Add($"{field}[{i}].path", fault);
            }

            if (seen?.TryAdd(files[i].Path, i) == false)
            {
                violations.Add($"{field}[{i}].path", $"is that of {field}[{seen[files[i].Path]}] again");
            }

            if (files[i].HasRoot && !files[i].HasSize)
            {
                violations.Add($"{field}[{i}].size", "is needed with a root: both together name the content");
            }

            if (files[i].Time is { } time && !Times.IsTime(time))
            {
                violations.Add($"{field}[{i}].time", "must be a time of the years 1 to 9999");
            }

            if (files[i].HasSize && ContentRoot.TryParse(files[i].Root, out var root) && !new ContentId(root, files[i].Size).IsValid)
            {
                violations.Add($"{field}[{i}].root", "cannot be that of a file of this size");
            }
        }
    }

    static bool IsAscending(IReadOnlyList<FileEntry> files)
    {
        for (var i = 1; i < files.Count; i++)
        {
            if (string.CompareOrdinal(files[i - 1].Path, files[i].Path) >= 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A name that is safe and short enough to show.</summary>
    public static string Quote(string name)
    {
        var shown = string.Concat(name.Take(64).Select(letter => char.IsControl(letter) ? '?' : letter));
        return string.Create(CultureInfo.InvariantCulture, $"{shown}{(name.Length > 64 ? "…" : "")}");
    }
}
