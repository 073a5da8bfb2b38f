namespace P2P.Commands;

/// <summary>A setting cannot be used; the message names it and where it came from.</summary>
public sealed class SettingsException(string message, Exception? inner = null) : Exception(message, inner);
