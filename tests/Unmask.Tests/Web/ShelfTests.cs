using System.Text;
using Unmask.Core;
using Unmask.Core.Datasets;
using Unmask.Core.Parameters;
using Unmask.Core.Templates;
using Xunit;

namespace Unmask.Tests.Web;

public sealed class ShelfTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void A_template_is_a_recipe_file_that_comes_back_whole()
    {
        var shelf = new TemplateShelf(folder.Path);
        var parameters = new TrainParameters { BatchSize = 7, LearningRate = 3e-4, SamplePrompts = ["a: b", "#c"], ModelConfig = new ValueMap([new("hidden_size", 32L)]) };

        var id = shelf.Add("My first: training!", "what for\nand why", parameters);
        var second = shelf.Add("My first training", "", parameters);

        Assert.Equal(("my-first-training", "my-first-training-2"), (id, second));
        var read = shelf.Find(id)!;
        Assert.Equal(("My first: training!", "what for\nand why"), (read.Title, read.Description));
        Assert.Equal(parameters, read.Parameters);
        Assert.Equal(parameters, Recipe.Load(shelf.PathOf(id)).Parameters);
    }

    [Fact]
    public void A_deleted_template_comes_back()
    {
        var shelf = new TemplateShelf(folder.Path);
        var id = shelf.Add("One", "", new TrainParameters());
        shelf.Delete(id);
        Assert.Empty(shelf.All);

        shelf.Restore(id);

        Assert.Equal(id, Assert.Single(shelf.All).Id);
        Assert.Throws<UserError>(() => shelf.Restore("two"));
    }

    [Theory]
    [InlineData("../secrets")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData(".deleted")]
    [InlineData("")]
    public void Ids_are_no_paths(string id)
    {
        Assert.Null(new TemplateShelf(folder.Path).Find(id));
        Assert.Null(new DatasetShelf(folder.Path).Find(id));
    }

    [Fact]
    public async Task A_file_becomes_a_data_set_or_nothing()
    {
        var shelf = new DatasetShelf(folder.Path);

        var dataset = await shelf.Add("../../My Rows (1).JSONL", Bytes("{}\n"), "upload");

        Assert.Equal("my-rows-1.jsonl", Assert.Single(dataset.Files).Name);
        Assert.Equal("{}\n", await File.ReadAllTextAsync(shelf.PathOf(dataset)));
        Assert.Equal(dataset.Id, Assert.Single(shelf.All).Id);
        await Assert.ThrowsAsync<UserError>(() => shelf.Add("model.pkl", Bytes("x"), "upload"));
        await Assert.ThrowsAsync<UserError>(() => shelf.Add("empty.csv", Bytes(""), "upload"));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => shelf.Add("late.csv", Bytes("x"), "upload", new CancellationToken(canceled: true)));
        Assert.Single(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task A_data_set_in_use_stays()
    {
        var shelf = new DatasetShelf(folder.Path);
        var dataset = await shelf.Add("rows.csv", Bytes("a,b\n1,2\n"), "upload");

        var refused = Assert.Throws<UserError>(() => shelf.Delete(dataset.Id, ["First try"]));
        Assert.Contains("First try", refused.Message);
        shelf.Delete(dataset.Id, []);

        Assert.Empty(shelf.All);
    }

    public void Dispose() => folder.Dispose();

    private static MemoryStream Bytes(string text) => new(Encoding.UTF8.GetBytes(text));
}
