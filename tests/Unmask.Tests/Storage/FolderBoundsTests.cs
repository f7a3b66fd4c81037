using Unmask.Core.Storage;
using Unmask.Engine.Inspection;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Storage;

public sealed class FolderBoundsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Files_of_the_folder_are_read_and_nothing_behind_a_link_out_of_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a right there that few have.");
        folder.Write("secret/key", "s");
        folder.Write("model/a.txt", "a");
        folder.Write("model/in/b.txt", "b");
        File.CreateSymbolicLink(folder["model/inside.txt"], "a.txt");
        File.CreateSymbolicLink(folder["model/out.txt"], "../secret/key");
        File.CreateSymbolicLink(folder["model/twice.txt"], "out.txt");
        File.CreateSymbolicLink(folder["model/nowhere.txt"], "gone");
        File.CreateSymbolicLink(folder["model/self.txt"], "self.txt");
        Directory.CreateSymbolicLink(folder["model/in/up"], "..");
        Directory.CreateSymbolicLink(folder["model/away"], folder["secret"]);
        Directory.CreateDirectory(folder["model-2"]);
        folder.Write("model-2/c.txt", "c");
        File.CreateSymbolicLink(folder["model/beside.txt"], "../model-2/c.txt");
        var bounds = new FolderBounds(folder["model"]);

        Assert.Equal(["a.txt", "beside.txt", "in/b.txt", "inside.txt", "nowhere.txt", "out.txt", "self.txt", "twice.txt"], bounds.Files());
        foreach (var name in (string[])["a.txt", "in/b.txt", "inside.txt"]) bounds.Open(name).Dispose();
        foreach (var name in (string[])["out.txt", "twice.txt", "nowhere.txt", "self.txt", "away/key", "beside.txt", "../secret/key"]) Assert.Contains("is a link", Assert.Throws<UserError>(() => bounds.Open(name)).Message, StringComparison.Ordinal);
        // A folder that is named by a link is that folder.
        Directory.CreateSymbolicLink(folder["alias"], folder["model"]);
        new FolderBounds(folder["alias"]).Open("a.txt").Dispose();
    }

    [Fact]
    public void A_snapshot_of_the_cache_has_its_contents_beside_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a right there that few have.");
        folder.Write("models--org--name/blobs/abc", "a");
        folder.Write("secret", "s");
        Directory.CreateDirectory(folder["models--org--name/snapshots/1"]);
        File.CreateSymbolicLink(folder["models--org--name/snapshots/1/config.json"], "../../blobs/abc");
        File.CreateSymbolicLink(folder["models--org--name/blobs/evil"], folder["secret"]);
        File.CreateSymbolicLink(folder["models--org--name/snapshots/1/README.md"], "../../blobs/evil");
        var bounds = new FolderBounds(folder["models--org--name/snapshots/1"]);

        bounds.Open("config.json").Dispose();
        Assert.Throws<UserError>(() => bounds.Open("README.md"));
    }

    [Fact]
    public void A_model_with_a_link_out_of_its_folder_is_not_taken_in()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a right there that few have.");
        var model = folder["bert"];
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Fixtures.Golden, "bert"))) { Directory.CreateDirectory(model); File.Copy(file, Path.Combine(model, Path.GetFileName(file))); }
        folder.Write("secret", "s");
        File.CreateSymbolicLink(Path.Combine(model, "README.md"), folder["secret"]);

        var refused = Assert.Throws<UserError>(() => ModelImport.Take(model, folder["taken"], link: false, (_, _) => { }));

        Assert.Contains($"README.md of {model} is a link to {folder["secret"]}, outside of the folder", refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["taken"]));
    }
}
