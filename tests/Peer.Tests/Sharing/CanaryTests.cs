using System.Diagnostics;
using System.Text;
using Microsoft.Win32.SafeHandles;
using P2P.Peers.Sharing;

namespace P2P.Peers.Tests.Sharing;

/// <summary>
/// TRUST.md §2, Files: traversal and links. A hundred thousand generated names against a real tree with links, in which a folder and a file
/// are swapped for links all the while: not one byte of the canary outside is read.
/// </summary>
public sealed class CanaryTests : IDisposable
{
    const int Names = 100_000;
    const string Inside = "inside";
    const string Canary = "canary: no byte of this may ever be read";

    static readonly string[] Pieces =
    [
        "..", ".", "", " ", "deep", "deeper", "a", "leaf", "swap", "canary", "folder-link", "file-link", "root-link", "absolute-link", "dangling",
        "fifo", "etc", "hostname", "..\0", "deep\0", "canary\0.txt", "%2e%2e", "..\\", "\\", "....", "~", "\u2024\u2024", "\uff0e\uff0e", "e\u0301",
        "\ud800", new string('x', 256), "proc", "self", "root",
    ];

    readonly SharingFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Open_HundredThousandNamesWhileLinksAreSwapped_NoByteOfTheCanary()
    {
        Build();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var swapping = Task.Run(() => Swap(stop.Token), TestContext.Current.CancellationToken);
        var random = new Random(20261125);
        var opened = 0;
        for (var i = 0; i < Names; i++)
        {
            var name = Name(random);
            using var file = i % 2 == 0 ? Open(name) : ByComponent(name);
            if (file is not null)
            {
                opened++;
                Assert.Equal((name, Inside), (name, Read(file)));
            }
        }

        await stop.CancelAsync();
        await swapping;
        Assert.True(opened > Names / 100, $"Only {opened} names opened anything.");
    }

    string Name(Random random)
    {
        // Half of them nearly right, for what is nonsense from the start is refused early.
        string[] good = ["deep/a", "deep/deeper/leaf", "swap/canary", "swap/deeper/leaf", "leaf", "folder-link/canary", "file-link", "root-link/etc/hostname"];
        if (random.Next(2) == 0)
        {
            var name = good[random.Next(good.Length)];
            return random.Next(4) == 0 ? name.Insert(random.Next(name.Length), Pieces[random.Next(Pieces.Length)]) : name;
        }

        return string.Join('/', Enumerable.Range(0, random.Next(1, 7)).Select(_ => Pieces[random.Next(Pieces.Length)]));
    }

    SafeFileHandle? Open(string name)
    {
        try
        {
            return ShareOpener.Open(_fixture.Root, name, out _);
        }
        catch (IOException)
        {
            // Too long, or no permission: nothing was opened.
            return null;
        }
    }

    // What a system without openat2 does; here the caller's check of names is left out, and of kinds too.
    SafeFileHandle? ByComponent(string name)
    {
        try
        {
            var file = name.Contains('\0', StringComparison.Ordinal) || name.Split('/').Any(part => part is "" or "." or "..")
                ? null
                : ShareOpener.OpenByComponent(_fixture.Root, name);
            if (file is null || EntryState.Of(file).Kind == EntryKind.File)
            {
                return file;
            }

            file.Dispose();
            return null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    static string Read(SafeFileHandle file)
    {
        var bytes = new byte[256];
        return Encoding.UTF8.GetString(bytes, 0, RandomAccess.Read(file, bytes, 0));
    }

    void Build()
    {
        foreach (var path in (string[])["deep/a", "deep/deeper/leaf", "swap/canary", "swap/deeper/leaf", "leaf"])
        {
            _fixture.Write(path, Encoding.UTF8.GetBytes(Inside));
            var outside = Path.Combine(_fixture.Outside, path.Replace("swap/", "", StringComparison.Ordinal));
            Directory.CreateDirectory(Path.GetDirectoryName(outside)!);
            File.WriteAllText(outside, Canary);
        }

        Directory.CreateSymbolicLink(Path.Combine(_fixture.Root, "folder-link"), _fixture.Outside);
        File.CreateSymbolicLink(Path.Combine(_fixture.Root, "file-link"), Path.Combine(_fixture.Outside, "canary"));
        Directory.CreateSymbolicLink(Path.Combine(_fixture.Root, "root-link"), "/");
        Directory.CreateSymbolicLink(Path.Combine(_fixture.Root, "deep", "folder-link"), "../..");
        File.CreateSymbolicLink(Path.Combine(_fixture.Root, "dangling"), "nothing");
        Process.Start("mkfifo", Path.Combine(_fixture.Root, "fifo"))!.WaitForExit();
    }

    void Swap(CancellationToken stop)
    {
        var (folder, file) = (Path.Combine(_fixture.Root, "swap"), Path.Combine(_fixture.Root, "leaf"));
        var (aside, asideFile) = (Path.Combine(_fixture.Root, "aside"), Path.Combine(_fixture.Root, "aside-file"));
        while (!stop.IsCancellationRequested)
        {
            Directory.Move(folder, aside);
            Directory.CreateSymbolicLink(folder, _fixture.Outside);
            File.Move(file, asideFile);
            File.CreateSymbolicLink(file, Path.Combine(_fixture.Outside, "leaf"));
            File.Delete(folder);
            Directory.Move(aside, folder);
            File.Delete(file);
            File.Move(asideFile, file);
        }
    }
}
