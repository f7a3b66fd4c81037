using Unmask.Core.Datasets;
using Unmask.Core.Jobs;
using Unmask.Core.Parameters;
using Unmask.Core.Templates;
using Unmask.Core.Workspaces;
using Unmask.Web.Api;
using Xunit;

namespace Unmask.Tests.Web;

public sealed class DatasetUsersTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("rows/a.csv", null, true)]
    [InlineData("rows", null, true)]
    [InlineData("rows/a.csv[train:1]+org/more", null, true)]
    [InlineData("org/more", "rows/b.csv", true)]
    [InlineData("rows-2/a.csv", null, false)]
    public async Task What_names_a_file_of_a_data_set_uses_it_be_it_readable_or_not(string dataset, string? evalDataset, bool uses)
    {
        var workspace = Workspace.Open(folder["home"]);
        await using var scheduler = RunScheduler.Open(workspace);
        var (sets, templates) = (new DatasetStore(workspace.DatasetsPath), new TemplateStore(workspace.TemplatesPath));
        foreach (var file in (string[])["rows/a.csv", "rows/b.csv", "rows-2/a.csv"]) folder.Write($"home/datasets/{file}", "a\n1\n");
        folder.Write("home/datasets/rows/dataset.json", "{");
        Assert.NotNull(sets.Find("rows")!.Problem);
        templates.Add("One", "", new TrainParameters { Dataset = Placed(dataset), EvalDataset = evalDataset is null ? null : Placed(evalDataset) });

        Assert.Equal(uses ? ["One"] : [], new DatasetUsers(sets, templates, scheduler).Of(sets.Find("rows")!).Select(user => user.Title));

        string Placed(string name) => name.StartsWith("rows", StringComparison.Ordinal) ? Path.Combine(workspace.DatasetsPath, name) : name;
    }
}
