using System.Diagnostics;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Inputs;

public sealed class InputFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_file_is_read_whole_and_a_larger_one_is_refused()
    {
        string path = folder.Write("a.json", "\uFEFFhello");

        Assert.Equal("hello", InputFile.ReadText(path));
        Assert.Equal(8, InputFile.ReadBytes(path, limit: 8).Length);
        Assert.Contains("more than 7 B", Sentence(() => InputFile.ReadBytes(path, limit: 7)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_pointer_of_Git_LFS_is_named_as_such()
    {
        string path = folder.Write("model.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n");

        Assert.Contains("Git LFS pointer", Sentence(() => InputFile.Open(path)), StringComparison.Ordinal);
    }

    [Fact]
    public void Other_things_than_files_are_named()
    {
        Assert.Contains("is a folder", Sentence(() => InputFile.Open(folder.Path)), StringComparison.Ordinal);
        Assert.Contains("does not exist", Sentence(() => InputFile.Open(Path.Combine(folder.Path, "none"))), StringComparison.Ordinal);
        Assert.Contains("NUL", Sentence(() => InputFile.Open("a\0b")), StringComparison.Ordinal);
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no devices and pipes among its files.");
        Assert.Contains("is a device", Sentence(() => InputFile.ReadBytes("/dev/zero")), StringComparison.Ordinal);
        string pipe = Path.Combine(folder.Path, "pipe");
        using (var made = Process.Start("mkfifo", [pipe])) made.WaitForExit();
        Assert.Contains("is a named pipe", Sentence(() => InputFile.ReadBytes(pipe)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_says_no_length_is_read()
    {
        if (OperatingSystem.IsLinux()) Assert.NotEmpty(InputFile.ReadBytes("/proc/self/status"));
    }

    private static string Sentence(Action read) => Assert.Throws<UserError>(read).Message;
}
