using System.Text;
using Unmask.Core.Datasets;
using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Recipes;
using Unmask.Core.Templates;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Web;

public sealed class StoreTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void A_template_is_a_recipe_file_that_comes_back_whole()
    {
        var store = new TemplateStore(folder.Path);
        var parameters = new TrainParameters { BatchSize = 7, LearningRate = 3e-4, SamplePrompts = ["a: b", "#c"], ModelConfig = new ValueMap([new("hidden_size", 32L)]) };

        var id = store.Add("My first: training!", "what for\nand why", parameters);
        var second = store.Add("My first training", "", parameters);

        Assert.Equal(("my-first-training", "my-first-training-2"), (id, second));
        var read = store.Find(id)!;
        Assert.Equal(("My first: training!", "what for\nand why"), (read.Title, read.Description));
        Assert.Equal(parameters, read.Parameters);
        Assert.Equal(parameters, Recipe.Load(store.PathOf(id)).Parameters);
    }

    [Fact]
    public void A_deleted_template_comes_back()
    {
        var store = new TemplateStore(folder.Path);
        var id = store.Add("One", "", new TrainParameters());
        store.Delete(id);
        Assert.Empty(store.All);

        store.Restore(id);

        Assert.Equal(id, Assert.Single(store.All).Id);
        Assert.Throws<UserError>(() => store.Restore("two"));
    }

    [Theory]
    [InlineData("../secrets")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData(".deleted")]
    [InlineData("")]
    public void Ids_are_no_paths(string id)
    {
        Assert.Null(new TemplateStore(folder.Path).Find(id));
        Assert.Null(new DatasetStore(folder.Path).Find(id));
    }

    [Fact]
    public async Task A_file_becomes_a_data_set_or_nothing()
    {
        var store = new DatasetStore(folder.Path);

        var dataset = await store.Add("../../My Rows (1).JSONL", Bytes("{}\n"), "upload");

        Assert.Equal("my-rows-1.jsonl", Assert.Single(dataset.Files).Name);
        Assert.Equal("{}\n", await File.ReadAllTextAsync(store.PathOf(dataset)));
        Assert.Equal(dataset.Id, Assert.Single(store.All).Id);
        await Assert.ThrowsAsync<UserError>(() => store.Add("model.pkl", Bytes("x"), "upload"));
        await Assert.ThrowsAsync<UserError>(() => store.Add("empty.csv", Bytes(""), "upload"));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.Add("late.csv", Bytes("x"), "upload", new CancellationToken(canceled: true)));
        Assert.Single(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task Uploads_of_one_name_at_once_are_all_kept_each_with_its_own_rows()
    {
        var store = new DatasetStore(folder.Path);
        var added = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () => (Set: await store.Add("rows.csv", new SlowStream(Bytes($"a\n{i}\n")), "upload"), Rows: $"a\n{i}\n"))));
        Assert.Equal(8, added.Select(one => one.Set.Id).Distinct().Count());
        Assert.Equal(8, store.All.Count);
        foreach (var (set, rows) in added) Assert.Equal(rows, await File.ReadAllTextAsync(store.PathOf(store.Find(set.Id)!)));
    }

    [Fact]
    public async Task Templates_saved_at_once_are_all_kept_and_of_one_the_last_stays_whole()
    {
        var store = new TemplateStore(folder.Path);
        var added = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => (Id: store.Add("One title", "", new TrainParameters { BatchSize = i + 1 }), Size: i + 1))));
        Assert.Equal(8, added.Select(one => one.Id).Distinct().Count());
        Assert.All(added, one => Assert.Equal(one.Size, store.Find(one.Id)!.Parameters!.BatchSize));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => store.Save(added[0].Id, "One title", "", new TrainParameters { BatchSize = i + 100 }))));
        Assert.InRange(store.Find(added[0].Id)!.Parameters!.BatchSize, 100, 107);
        Assert.Equal(8, Directory.GetFileSystemEntries(folder.Path).Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"id":"bad","title":null,"files":[],"source":"","added":"2026-01-31T12:00:00+00:00"}""")]
    [InlineData("""{"id":"bad","title":"t","files":null,"source":"","added":"2026-01-31T12:00:00+00:00"}""")]
    [InlineData("""{"id":"bad","title":"t","files":[null],"source":"","added":"2026-01-31T12:00:00+00:00"}""")]
    [InlineData("""{"id":"bad","title":"t","files":[{"name":"../../secret","bytes":1,"sha256":""}],"source":"","added":"2026-01-31T12:00:00+00:00"}""")]
    [InlineData("""{"id":"bad","title":"t","files":[{"name":"a","bytes":9223372036854775807,"sha256":""}],"source":"","added":"2026-01-31T12:00:00+00:00"}""")]
    [InlineData("""{"id":"bad","title":"\ud800","files":[],"source":"","added":"2026-01-31T12:00:00+00:00"}""")]
    public async Task A_data_set_that_cannot_be_read_is_told_and_hides_no_other(string description)
    {
        var store = new DatasetStore(folder.Path);
        var good = await store.Add("rows.csv", Bytes("a,b\n1,2\n"), "upload");
        folder.Write("bad/dataset.json", description);
        folder.Write("worse/rows.csv", "a");
        Directory.CreateDirectory(folder["coming"]);

        var all = store.All.ToDictionary(dataset => dataset.Id);
        Assert.Equal(["bad", good.Id, "worse"], all.Keys.Order());
        Assert.Contains("dataset.json", all["bad"].Problem, StringComparison.Ordinal);
        Assert.Contains("dataset.json", all["worse"].Problem, StringComparison.Ordinal);
        Assert.Null(all[good.Id].Problem);
        Assert.Equal(0, all["bad"].Bytes);
        Assert.Throws<UserError>(() => store.Rename("bad", "x"));
        store.Delete("bad", []);
        Assert.Null(store.Find("bad"));
    }

    [Theory]
    [InlineData("? &a [*a]\n: 1\n")]
    [InlineData(": {\r\u0002")]
    [InlineData("\0\0")]
    [InlineData("# Mine\nbatch_size: 7\nsetting_of_another_version: 1\n")]
    [InlineData("batch_size: many\n")]
    [InlineData("batch_size: 7\nbatch_size: 8\n")]
    public void A_template_that_cannot_be_read_is_told_and_hides_no_other(string recipe)
    {
        var store = new TemplateStore(folder.Path);
        var good = store.Add("Good", "", new TrainParameters());
        folder.Write("bad.yaml", recipe);
        Directory.CreateDirectory(folder["worse.yaml"]);
        folder.Write(".start", "bad");
        Assert.Equal(["bad", good, "worse"], store.All.Select(template => template.Id).Order());
        Assert.NotEmpty(store.Find("bad")!.Problems);
        Assert.Null(store.Find("bad")!.Parameters);
        Assert.Contains("bad.yaml cannot be read, and saving would lose its contents", Assert.Throws<UserError>(() => store.Save("bad", "Bad", "", new TrainParameters())).Message, StringComparison.Ordinal);
        Assert.Equal(recipe, store.TextOf("bad"));
        Assert.NotEmpty(store.Find("worse")!.Problems);
        Assert.Equal("bad", store.Start!.Id);
        store.Delete("bad");
        Assert.Null(store.Start);
    }

    [Fact]
    public void Room_is_looked_up_where_the_data_sets_are()
    {
        var store = new DatasetStore(folder["sets"]);
        store.CheckRoom(null);
        store.CheckRoom(1);
        Assert.Contains(folder["sets"], Assert.Throws<UserError>(() => store.CheckRoom(long.MaxValue)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_whose_names_become_one_are_both_taken_and_links_in_circles_end()
    {
        folder.Write("given/a/b.jsonl", "{\"text\":\"1\"}\n");
        folder.Write("given/a-b.jsonl", "{\"text\":\"2\"}\n");
        Directory.CreateSymbolicLink(folder["given/a/loop"], folder["given"]);
        var store = new DatasetStore(folder["sets"]);
        Assert.Equal(2, store.Link(folder["given"], "Two", "here").Files.Count);
    }

    [Fact]
    public async Task A_data_set_in_use_stays()
    {
        var store = new DatasetStore(folder.Path);
        var dataset = await store.Add("rows.csv", Bytes("a,b\n1,2\n"), "upload");

        var refused = Assert.Throws<UserError>(() => store.Delete(dataset.Id, ["First try"]));
        Assert.Contains("First try", refused.Message);
        store.Delete(dataset.Id, []);

        Assert.Empty(store.All);
    }

    public void Dispose() => folder.Dispose();

    /// <summary>A sender that takes its time, so that uploads overlap.</summary>
    private sealed class SlowStream(MemoryStream inner) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => inner.Length;

        public override long Position { get => inner.Position; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            Thread.Sleep(10);
            return inner.Read(buffer, offset, Math.Min(count, 2));
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    private static MemoryStream Bytes(string text) => new(Encoding.UTF8.GetBytes(text));
}
