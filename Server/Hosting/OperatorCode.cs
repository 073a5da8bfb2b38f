using P2P.Content;
using P2P.Server.Accounts;
using P2P.Server.Operating;

namespace P2P.Server.Hosting;

/// <summary>A single-use code that registers an operator, for whoever starts the directory.</summary>
/// <param name="Text">The code; null where <paramref name="File"/> has it.</param>
/// <param name="File">Where it is, for its owner only.</param>
sealed record OperatorCode(string? Text, string? File)
{
    const string FileName = "operator-code";

    static readonly TimeSpan Life = TimeSpan.FromDays(365);

    /// <summary>In members access until there is an operator, and else when it is asked for: a code that makes one.</summary>
    public static async Task<string?> NewAsync(IServiceProvider services, AccessPolicy access, bool isAsked = false) =>
        isAsked || (access.Mode == AccessMode.Members && !services.GetRequiredService<AccountTable>().HasOperator)
            ? await services.GetRequiredService<AccountKeeper>().InviteOperatorAsync(Life).ConfigureAwait(false)
            : null;

    /// <summary>Makes one if it is due. What a program prints, others may keep as a log: then the code goes into a file instead.</summary>
    public static async Task<OperatorCode?> GiveAsync(
        IServiceProvider services, AccessPolicy access, bool isAsked, bool isTerminal, string dataFolder)
    {
        if (await NewAsync(services, access, isAsked).ConfigureAwait(false) is not { } code)
        {
            return null;
        }

        if (isTerminal)
        {
            return new OperatorCode(code, null);
        }

        var file = Path.Combine(dataFolder, FileName);
        SecretFile.Replace(file, code);
        return new OperatorCode(null, file);
    }
}
