using System.ComponentModel.DataAnnotations;
using System.Net;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using P2P.Contracts.DirectoryV1;
using P2P.Server.Sessions;

namespace P2P.Server.Accounts;

/// <summary>How passwords are checked.</summary>
sealed class PasswordOptions
{
    /// <summary>Rounds of PBKDF2 with HMAC-SHA-512. Default 210,000.</summary>
    [Range(1, 100_000_000)]
    public int Rounds { get; set; } = 210_000;

    /// <summary>Checks that run at once. Default 2.</summary>
    [Range(1, 1024)]
    public int AtOnce { get; set; } = 2;

    /// <summary>Logins that wait for a check; further ones are told to come back. Default 16.</summary>
    [Range(0, 1_000_000)]
    public int Waiting { get; set; } = 16;
}

/// <summary>Whose password is tried, and from where.</summary>
readonly record struct Guess(string User, IPAddress Source);

/// <summary>
/// Hashes and checks passwords, few at a time: each costs a tenth of a second of CPU on purpose, and would else be the cheapest way
/// to stop the directory.
/// </summary>
sealed class PasswordGate : IDisposable
{
    static readonly object Nobody = new();

    readonly PasswordHasher<object> _hasher;
    readonly AttemptCounters _attempts;
    readonly SemaphoreSlim _running;
    readonly HashThreads _threads;
    readonly int _most;
    readonly Lazy<string> _decoy;
    int _inside;

    public PasswordGate(PasswordOptions options, AttemptCounters attempts, TimeProvider time)
    {
        _attempts = attempts;
        _hasher = new PasswordHasher<object>(Options.Create(new PasswordHasherOptions { IterationCount = options.Rounds }));
        _running = new SemaphoreSlim(options.AtOnce);
        _threads = new HashThreads(options.AtOnce, time);
        _most = options.AtOnce + options.Waiting;
        _decoy = new Lazy<string>(() => _hasher.HashPassword(Nobody, Tokens.New()));
    }

    public Task<string> HashAsync(string password, CancellationToken cancellationToken) =>
        RunAsync(() => _hasher.HashPassword(Nobody, password), cancellationToken);

    /// <summary>Whether the password has that hash. An account without a hash costs as much time as one with.</summary>
    /// <param name="guess">Whose password is tried, and from where.</param>
    /// <param name="hash">Null or empty for an account that has none, or is none.</param>
    /// <param name="password">What is tried.</param>
    /// <param name="cancellationToken">Ends the wait; a check that was given up counts as failed.</param>
    /// <exception cref="RefusalException">Too many checks failed, or wait.</exception>
    public async Task<bool> VerifyAsync(Guess guess, string? hash, string password, CancellationToken cancellationToken)
    {
        var attempt = _attempts.Begin(guess.User, guess.Source);
        try
        {
            var isRight = await RunAsync(() => Verify(hash, password), cancellationToken).ConfigureAwait(false);
            if (isRight)
            {
                attempt.Succeed();
            }

            return isRight;
        }
        catch (RefusalException)
        {
            // Nothing was tried.
            attempt.Succeed();
            throw;
        }
    }

    bool Verify(string? hash, string password)
    {
        var real = !string.IsNullOrEmpty(hash);
        var result = _hasher.VerifyHashedPassword(Nobody, real ? hash! : _decoy.Value, password);
        return real && result != PasswordVerificationResult.Failed;
    }

    public void Dispose()
    {
        _threads.Dispose();
        _running.Dispose();
    }

    async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _inside) > _most)
        {
            Interlocked.Decrement(ref _inside);
            throw new RefusalException(ErrorReason.LoginBusy, "Too many logins wait; come back in a second.")
            {
                Details = [new RetryInfo { RetryDelay = Duration.FromTimeSpan(TimeSpan.FromSeconds(1)) }],
            };
        }

        try
        {
            await _running.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                return await _threads.RunAsync(work).ConfigureAwait(false);
            }
            finally
            {
                _running.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _inside);
        }
    }
}
