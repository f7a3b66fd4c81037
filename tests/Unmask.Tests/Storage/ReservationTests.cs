using System.Text;
using Unmask.Core.Storage;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Storage;

/// <summary>Several who write at once never get the same place, the same draft or each other's bytes.</summary>
public sealed class ReservationTests : IDisposable
{
    private const int Writers = 12;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Of_many_who_want_a_name_each_gets_another()
    {
        var places = AtOnce(i =>
        {
            using var draft = FolderDraft.Reserve(folder.Path, "rows");
            using (var file = draft.Create("content")) file.Write(Encoding.UTF8.GetBytes($"{i}"));
            Thread.Sleep(5);
            draft.Complete();
            return (Path: draft.Target, Content: $"{i}");
        });

        Assert.Equal(Writers, places.Select(place => place.Path).Distinct().Count());
        Assert.All(places, place => Assert.Equal(place.Content, File.ReadAllText(Path.Combine(place.Path, "content"))));
        Assert.Equal(Writers, Directory.GetFileSystemEntries(folder.Path).Length);
    }

    [Fact]
    public void A_name_is_free_again_when_its_draft_is_given_up()
    {
        using (FolderDraft.Reserve(folder.Path, "rows"))
        {
            using var second = FolderDraft.Reserve(folder.Path, "rows");
            Assert.EndsWith("rows-2", second.Target);
        }

        using var third = FolderDraft.Reserve(folder.Path, "rows");
        Assert.Equal(folder["rows"], third.Target);
        using var other = FolderDraft.Reserve(folder.Path, "rows", name => name == "rows-2");
        Assert.Equal(folder["rows-3"], other.Target);
    }

    [Fact]
    public void What_was_put_in_a_reserved_place_meanwhile_is_not_replaced()
    {
        using var draft = FolderDraft.Reserve(folder.Path, "rows");
        folder.Write("rows/mine", "mine");
        Assert.Contains("meanwhile", Assert.Throws<UserError>(draft.Complete).Message, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(folder["rows/mine"]));
    }

    [Fact]
    public void A_folder_is_created_by_one_alone()
    {
        Assert.Single(AtOnce(_ => NewFolder.TryCreate(folder["one"])), created => created);
        Assert.Equal(Writers, AtOnce(_ => NewFolder.Free(folder["models"], "model")).Distinct().Count());
        folder.Write("file", "");
        Assert.False(NewFolder.TryCreate(folder["file"]));
        Assert.Throws<IOException>(() => NewFolder.TryCreate(folder["no/such"]));
    }

    [Fact]
    public void A_small_file_that_many_write_at_once_holds_what_one_of_them_wrote()
    {
        AtOnce(i =>
        {
            for (var round = 0; round < 5; round++) Durable.WriteFile(folder["file"], Encoding.UTF8.GetBytes(new string((char)('a' + i), 10_000)), besides: i % 2 == 0);
            return true;
        });

        Assert.Equal(10_000, Assert.Single(File.ReadAllText(folder["file"]).GroupBy(letter => letter)).Count());
        Assert.Equal([folder["file"]], Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Drafts_of_processes_that_are_gone_are_swept()
    {
        folder.Write(".new-job.json-1234abcd", "{");
        folder.Write(".new-stop.json-1234abcd", "{");
        folder.Write(".tmp-rows/half", "");
        folder.Write(".tmp-file-1234abcd", "");
        Durable.SweepDrafts(folder["job.json"]);
        Durable.SweepDrafts(folder["stop.json"], TimeSpan.FromMinutes(1));
        FolderDraft.CleanUp(folder.Path);
        Assert.Equal([folder[".new-stop.json-1234abcd"]], Directory.GetFileSystemEntries(folder.Path));
    }

    private static List<T> AtOnce<T>(Func<int, T> work)
    {
        using var start = new Barrier(Writers);
        var results = new T[Writers];
        Thread[] threads = [.. Enumerable.Range(0, Writers).Select(i => new Thread(() =>
        {
            start.SignalAndWait();
            results[i] = work(i);
        }))];
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        return [.. results];
    }
}
