namespace P2P.Server.Accounts;

/// <summary>Who may call.</summary>
enum AccessMode
{
    /// <summary>Anyone may search and download; an unknown user is registered by its first Login.</summary>
    Open,

    /// <summary>Accounts only, by invitation.</summary>
    Members,
}

/// <summary>Who may call, and what an operator can switch while the directory runs.</summary>
sealed class AccessPolicy(AccessMode mode, bool allowDeclared)
{
    /// <summary>The setting under which <see cref="RegistrationOn"/> outlives a restart.</summary>
    public const string RegistrationSetting = "registration";

    volatile bool _registrationOn = mode == AccessMode.Open;

    public AccessMode Mode { get; } = mode;

    /// <summary>Whether sessions without a key may share.</summary>
    public bool AllowDeclared { get; } = allowDeclared || mode == AccessMode.Open;

    /// <summary>Whether an unknown user is registered by its first Login.</summary>
    public bool RegistrationOn
    {
        get => _registrationOn;
        set => _registrationOn = value;
    }

    /// <summary>Takes over what was stored under <see cref="RegistrationSetting"/>.</summary>
    public void Apply(Store.SettingSaved setting)
    {
        if (setting.Name == RegistrationSetting)
        {
            RegistrationOn = setting.Value is [1];
        }
    }
}
