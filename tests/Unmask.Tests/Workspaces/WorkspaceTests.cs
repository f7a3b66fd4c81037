using Unmask.Core.Workspaces;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Workspaces;

public sealed class WorkspaceTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_home_has_its_folders_and_only_the_owner_looks_into_the_secrets()
    {
        var home = Workspace.Open(folder["home"], [folder["runs"], Path.Combine(folder["home"], "runs") + Path.DirectorySeparatorChar, folder["runs"]]);
        Assert.All((string[])[home.RunsPath, home.DatasetsPath, home.ModelsPath, home.TemplatesPath, home.SecretsPath], path => Assert.True(Directory.Exists(path)));
        Assert.Equal([home.RunsPath, folder["runs"]], home.RunFolders);
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(home.SecretsPath));
        Assert.Contains("is a file", Assert.Throws<UserError>(() => Workspace.Open(folder.Write("file", ""))).Message);
    }

    [Fact]
    public void A_home_that_others_could_look_into_is_closed_and_that_is_told_once()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows keeps the folders of an account by itself.");
            return;
        }

        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        folder.Write("home/secrets/hugging-face", "x");
        folder.Write("home/queue.json", "{}");
        folder.Write("home/server.lock", "");
        foreach (var path in (string[])["home", "home/secrets"]) File.SetUnixFileMode(folder[path], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);

        var note = Assert.Single(Workspace.Open(folder["home"]).Notes);

        Assert.Contains($"{folder["home"]} could be looked into by other accounts of this machine (the folder itself, secrets); now only you can.", note, StringComparison.Ordinal);
        foreach (var path in Directory.EnumerateFileSystemEntries(folder["home"]).Append(folder["home"])) Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(path) & Others);
        Assert.Empty(Workspace.Open(folder["home"]).Notes);
    }

    [Fact]
    public void A_folder_with_other_files_is_no_home_and_is_left_as_it_is()
    {
        var file = folder.Write("project/models/mine/readme.md", "# mine");
        Directory.CreateDirectory(folder["project/models/empty"]);
        Directory.CreateDirectory(folder["project/.tmp-notes"]);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file, File.GetUnixFileMode(file) | UnixFileMode.OtherRead);

        var refused = Assert.Throws<UserError>(() => Workspace.Open(folder["project"])).Message;

        Assert.StartsWith($"{folder["project"]} holds other files and is no home folder of a workbench", refused, StringComparison.Ordinal);
        Assert.Contains($"such as {folder["project/unmask"]}", refused, StringComparison.Ordinal);
        Assert.Equal([".tmp-notes", "models"], Directory.GetFileSystemEntries(folder["project"]).Select(Path.GetFileName).Order());
        if (!OperatingSystem.IsWindows()) Assert.True(File.GetUnixFileMode(file).HasFlag(UnixFileMode.OtherRead));
        Workspace.Open(folder["project/unmask"]);
    }

    [Fact]
    public void A_home_without_its_database_or_cut_off_while_it_was_made_is_a_home()
    {
        var home = Workspace.Open(folder["home"]);
        Workspace.Open(folder["home"]);
        ServerLock.Take(home).Dispose();
        folder.Write("home/queue.json", "{}");
        Workspace.Open(folder["home"]);
    }

    [Fact]
    public void A_second_workbench_on_a_home_is_told_where_the_first_is()
    {
        var home = Workspace.Open(folder["home"]);
        using (var first = ServerLock.Take(home))
        {
            Assert.Contains("wait until it has started", Assert.Throws<UserError>(() => ServerLock.Take(home)).Message);
            first.Announce("http://127.0.0.1:8337");
            Assert.Equal("http://127.0.0.1:8337", ServerLock.AddressOf(home));
            Assert.Contains("runs already at http://127.0.0.1:8337", Assert.Throws<UserError>(() => ServerLock.Take(home)).Message);
        }

        Assert.Null(ServerLock.AddressOf(home));
        ServerLock.Take(home).Dispose();
    }

    [Fact]
    public void The_address_of_a_workbench_that_was_killed_counts_for_nothing()
    {
        var home = Workspace.Open(folder["home"]);
        folder.Write("home/server.address", "http://127.0.0.1:1");
        folder.Write("home/server.lock", "");
        Assert.Null(ServerLock.AddressOf(home));
        using var next = ServerLock.Take(home);
        Assert.Null(ServerLock.AddressOf(home));
    }
}
