namespace P2P.Peers.Lines;

/// <summary>Takes the connections of peers that dial out to this one because it cannot dial them.</summary>
interface IDialInDesk
{
    /// <summary>Expects a connection; null where none can come.</summary>
    Task<IExpectedDialIn?> ExpectAsync(CancellationToken cancellationToken);
}

/// <summary>A connection that is to come; who disposes of it expects it no more.</summary>
interface IExpectedDialIn : IDisposable
{
    /// <summary>With what it begins.</summary>
    string Token { get; }

    Task<Stream> Came { get; }

    /// <summary>Whoever expected it has it now.</summary>
    void Keep();
}
