namespace P2P.Commands;

/// <summary>A column of a table.</summary>
/// <param name="Title">Its head.</param>
/// <param name="Right">Numbers stand at the right.</param>
/// <param name="Wraps">It may take several lines where the terminal is narrow.</param>
public sealed record Column(string Title, bool Right = false, bool Wraps = false);
