using P2P.Server.Accounts;

namespace P2P.Server.Hosting;

/// <summary>What is printed once the port is open.</summary>
static class WelcomeText
{
    public static string Of(
        IReadOnlyCollection<string> urls, string dataFolder, AccessPolicy access, OperatorCode? operatorCode, DirectoryCertificate? certificate = null)
    {
        var url = FromHere(urls.FirstOrDefault() ?? "");
        var curl = certificate is { IsOwn: true } ? $"curl --cacert {Path.Combine(dataFolder, DirectoryCertificate.OwnCertificateFile)}" : "curl";
        var print = certificate?.Print is { } known ? $"\n  Print       {known} (for --directory-print)" : "";
        var who = access.Mode == AccessMode.Open
            ? "open: anyone who reaches this address may search and download"
            : "members: every call needs a token, accounts come by invitation";
        var where = operatorCode?.Text is null ? $"the code in {operatorCode?.File}, which is" : $"the code {operatorCode.Text}, which is shown once and";
        var code = operatorCode is null ? "" : $"""

              An operator registers with {where} good once; this asks for it:
                p2p-directory admin login --code --user NAME --directory {url}

            """;
        return $$"""
            P2P.Transcoded directory {{ProgramVersion.Text}}
              Listening   {{string.Join(", ", urls)}}
              Data        {{dataFolder}}{{print}}
              Access      {{who}}
            {{code}}
            Try:
              {{url}}/swagger
              {{curl}} -H 'content-type: application/json' {{url}}/login -d '{"user":"peer1","password":"per1234","ip":"127.0.0.1","url":"http://localhost","port":"6001","archivos":"file1.txt,file2.txt"}'
              {{curl}} -H 'content-type: application/json' {{url}}/search -d '{"archivo":"file1.txt"}'
            Stop with Ctrl+C.
            """;
    }

    /// <summary>An address that means all of this machine's, as one that can be called.</summary>
    static string FromHere(string url) => url
        .Replace("//[::]:", "//localhost:", StringComparison.Ordinal)
        .Replace("//0.0.0.0:", "//localhost:", StringComparison.Ordinal)
        .Replace("//+:", "//localhost:", StringComparison.Ordinal)
        .Replace("//*:", "//localhost:", StringComparison.Ordinal);
}
