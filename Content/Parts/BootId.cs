namespace P2P.Content;

/// <summary>Tells one start of the operating system from another.</summary>
static class BootId
{
    /// <summary>All zeros where the system does not tell; such an identifier equals none, not even itself.</summary>
    public static Guid Current { get; } = Read("/proc/sys/kernel/random/boot_id");

    internal static Guid Read(string path) =>
        File.Exists(path) && Guid.TryParse(File.ReadAllText(path), out Guid id) ? id : default;
}
