using System.Text;

namespace P2P.Content.Tests.Parts;

public sealed class WholeFilesTests : IDisposable
{
    static readonly byte[] Bytes = Encoding.UTF8.GetBytes("a small content");
    static readonly ContentId Content = new(RootOf(Bytes), Bytes.Length);
    static readonly DateTimeOffset Time = new DateTimeOffset(2001, 2, 3, 4, 5, 6, TimeSpan.Zero).AddTicks(1_234_567);

    readonly TemporaryFolder _folder = new();
    readonly WholeFiles _files = new();

    public void Dispose()
    {
        _files.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Finish_FilesOfSeveralFolders_HaveBytesTimeAndMode()
    {
        Directory.CreateDirectory(_folder.File("below"));
        string[] targets = [_folder.File("a"), _folder.File("below/b"), _folder.File("c")];
        for (int i = 0; i < targets.Length; i++)
            _files.Write(targets[i], Content, Bytes, new FinishOptions(Time, Executable: i == 1));
        Assert.All(targets, target => Assert.False(File.Exists(target)));

        Assert.Empty(_files.Finish());

        Assert.All(targets, target =>
        {
            Assert.Equal(Bytes, File.ReadAllBytes(target));
            Assert.Equal(Time.UtcDateTime, File.GetLastWriteTimeUtc(target));
            Assert.Equal(target.EndsWith('b'), OperatingSystem.IsLinux() && File.GetUnixFileMode(target).HasFlag(UnixFileMode.UserExecute));
        });
        Assert.Equal(targets.Length, Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories).Length);
    }

    [Fact]
    public void Finish_TimeBefore1970_IsKept()
    {
        DateTimeOffset old = DateTimeOffset.UnixEpoch.AddSeconds(-1.25);
        _files.Write(_folder.File("a"), Content, Bytes, new FinishOptions(old));
        _files.Finish();
        Assert.Equal(old.UtcDateTime, File.GetLastWriteTimeUtc(_folder.File("a")));
    }

    [Fact]
    public void Write_PartThatAKillLeft_IsWrittenAnew()
    {
        string target = _folder.File("a");
        File.WriteAllText(PartNames.For(target, Content).Part, "something else, and longer than what will be there");

        _files.Write(target, Content, Bytes, new FinishOptions(Time));
        _files.Finish();

        Assert.Equal(Bytes, File.ReadAllBytes(target));
        Assert.Equal(Time.UtcDateTime, File.GetLastWriteTimeUtc(target));
        Assert.Equal([target], Directory.GetFiles(_folder.Path));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Finish_NameTakenMeanwhile_LeavesItUnlessToReplace(bool replace)
    {
        string target = _folder.File("a");
        _files.Write(target, Content, Bytes, new FinishOptions(Replace: replace));
        File.WriteAllText(target, "another's");

        Assert.Equal(replace ? [] : [target], _files.Finish());

        Assert.Equal(replace ? Encoding.UTF8.GetString(Bytes) : "another's", File.ReadAllText(target));
        Assert.Equal([target], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Write_NoFolder_Throws() =>
        Assert.Throws<IOException>(() => _files.Write(_folder.File("none/a"), Content, Bytes, new FinishOptions()));

    static ContentRoot RootOf(byte[] bytes)
    {
        MerkleHasher hasher = new();
        hasher.Append(bytes);
        return hasher.Finish();
    }
}
