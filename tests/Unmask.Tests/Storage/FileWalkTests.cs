using Unmask.Core.Hub.Datasets;
using Unmask.Core.Storage;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Storage;

/// <summary>Links in circles: two of them double the paths at every level, so that a walk that follows them never ends.</summary>
public sealed class FileWalkTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public FileWalkTests()
    {
        folder.Write("data/a.txt", "12345");
        folder.Write("data/inner/b.txt", "123");
        folder.Write("data/.hidden/c.txt", "1");
        folder.Write("elsewhere/d.txt", "1234567");
        Directory.CreateSymbolicLink(folder["data/loop"], folder["data"]);
        Directory.CreateSymbolicLink(folder["data/inner/loop"], "..");
        Directory.CreateSymbolicLink(folder["data/inner/again"], folder["data/inner"]);
        Directory.CreateSymbolicLink(folder["data/moved"], folder["elsewhere"]);
        Directory.CreateSymbolicLink(folder["elsewhere/back"], "../data");
        File.CreateSymbolicLink(folder["data/link.txt"], folder["elsewhere/d.txt"]);
        File.CreateSymbolicLink(folder["data/nowhere"], folder["gone"]);
        File.CreateSymbolicLink(folder["data/self"], folder["data/self"]);
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Links_to_folders_are_not_followed()
    {
        Assert.Equal([".hidden/c.txt", "a.txt", "inner/b.txt", "link.txt", "nowhere", "self"], Names(FileWalk.Files(folder["data"])));
        Assert.Equal([".hidden", "inner"], Names(FileWalk.Folders(folder["data"])));
        Assert.Equal(9, FileWalk.Bytes(folder["data"]));
        Assert.Equal(0, FileWalk.Bytes(folder["gone"]));
    }

    [Fact]
    public void Where_links_count_each_folder_is_walked_once()
    {
        var files = Names(FileWalk.FilesBehindLinks(folder["data"]));
        Assert.Equal(files.Distinct(), files);
        Assert.Contains("moved/d.txt", files);
        Assert.Single(files, file => file.EndsWith("a.txt", StringComparison.Ordinal));
        Assert.Single(files, file => file.EndsWith("b.txt", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("../../../evil")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    public void No_name_of_a_split_leads_out_of_its_view(string split)
    {
        Assert.Throws<UserError>(() => DatasetView.Make(folder["views/one"], [(split, folder["data/a.txt"])]));
        Assert.False(Path.Exists(folder["evil"]));
    }

    private string[] Names(IEnumerable<string> paths) => [.. paths.Select(path => Path.GetRelativePath(folder["data"], path)).Order(StringComparer.Ordinal)];
}
