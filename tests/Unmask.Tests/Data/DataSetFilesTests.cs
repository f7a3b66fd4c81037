using Unmask.Engine.Data.Files;
using Unmask.Engine.Data.Files.Discovery;
using Unmask.Engine.Data.Preparation;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Data;

public sealed class DataSetFilesTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Single_file_is_all_training_whatever_its_name()
    {
        var found = DatasetFiles.Find(folder.Write("my-test.jsonl", "{}"));
        Assert.Equal(["train"], found.Splits.Keys);
    }

    [Fact]
    public void Folder_is_split_by_file_and_folder_names()
    {
        foreach (var name in new[]
        {
            "d/data/train-00001-of-00002.jsonl", "d/data/train-00000-of-00002.jsonl", "d/data/dev.csv", "d/test/part.txt", "d/README.md", "d/LICENSE", "d/notes.txt",
            "d/.cache/train.jsonl", "d/dataset_info.json",
        })
        {
            folder.Write(name, "x");
        }

        var found = DatasetFiles.Find(folder["d"]);
        Assert.Equal(["train", "validation", "test"], found.Splits.Keys.OrderBy(key => key switch { "train" => 0, "validation" => 1, _ => 2 }));
        Assert.Equal(["train-00000-of-00002.jsonl", "train-00001-of-00002.jsonl"], found.Splits["train"].Select(file => Path.GetFileName(file.Path)));
        Assert.Contains(folder["d/notes.txt"], found.Ignored);
        Assert.Contains(folder["d/README.md"], found.Ignored);
        Assert.DoesNotContain(found.Ignored, path => path.Contains(".cache", StringComparison.Ordinal));
    }

    [Fact]
    public void Folder_without_split_names_is_all_training()
    {
        folder.Write("d/a.jsonl", "{}");
        folder.Write("d/latest.jsonl", "{}");
        Assert.Equal(2, DatasetFiles.Find(folder["d"]).Splits["train"].Count);
        Assert.Single(DatasetFiles.Find(folder["d/la*.jsonl"]).Splits["train"]);
    }

    [Fact]
    public void Links_that_double_the_paths_at_every_level_are_walked_once()
    {
        for (var level = 0; level < 30; level++)
        {
            folder.Write($"d/level{level}/rows.jsonl", "{}");
            foreach (var name in (string[])["left", "right"]) Directory.CreateSymbolicLink(folder[$"d/level{level}/{name}"], folder[$"d/level{(level + 1) % 30}"]);
        }

        Assert.Equal(30, DatasetFiles.Find(folder["d"]).Splits["train"].Count);
    }

    [Fact]
    public void Unknown_ending_names_the_known_ones()
    {
        var error = Assert.Throws<UserError>(() => DatasetFiles.Find(folder.Write("a.xlsx", "x")));
        foreach (var ending in new[] { "a.xlsx", ".jsonl", ".json", ".csv", ".tsv", ".parquet", ".arrow", ".txt" }) Assert.Contains(ending, error.Message, StringComparison.Ordinal);
        Assert.Throws<UserError>(() => DatasetFiles.Find(folder.Write("a.parquet.gz", "x")));
    }

    [Fact]
    public void Missing_file_names_its_neighbors()
    {
        folder.Write("train.jsonl", "{}");
        Assert.Contains("holds train.jsonl", Assert.Throws<UserError>(() => DatasetFiles.Find(folder["trian.jsonl"])).Message, StringComparison.Ordinal);
        Assert.Contains("no folder", Assert.Throws<UserError>(() => DatasetFiles.Find(folder["nowhere/a.jsonl"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Folder_without_data_is_refused()
    {
        folder.Write("d/README.md", "x");
        Assert.Contains("holds no file with rows", Assert.Throws<UserError>(() => DatasetFiles.Find(folder["d"])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("train_sft", "train")]
    [InlineData("validation-00000-of-00001.parquet", "validation")]
    [InlineData("my_dev_set", "validation")]
    [InlineData("EVAL", "test")]
    [InlineData("latest", null)]
    [InlineData("constrained", null)]
    public void Split_names_are_words(string name, string? split) => Assert.Equal(split, SplitNames.Of(name));

    [Theory]
    [InlineData("README.txt", true)]
    [InlineData("readme.zh.txt", true)]
    [InlineData("requirements.txt", true)]
    [InlineData("requirements-dev.txt", true)]
    [InlineData("LICENSE-APACHE-2.0.txt", true)]
    [InlineData("license.txt", true)]
    [InlineData("license_plates.txt", false)]
    [InlineData("notices.jsonl", false)]
    [InlineData("story.txt", false)]
    public void Texts_about_data_hold_no_rows(string name, bool isAbout)
    {
        folder.Write("d/rows.jsonl", "{}");
        folder.Write("d/" + name, "{}");
        Assert.Equal(!isAbout, DatasetFiles.Find(folder["d"]).Splits["train"].Any(file => Path.GetFileName(file.Path) == name));
    }

    [Theory]
    [InlineData("questions.jsonl", null)]
    [InlineData("contest.jsonl", null)]
    [InlineData("retrain.jsonl", null)]
    [InlineData("farodevigo.jsonl", null)]
    [InlineData("test-tubes.jsonl", "test")]
    [InlineData("more/train/b.jsonl", "train")]
    public void Letters_inside_a_word_tell_no_split(string name, string? split) => Assert.Equal(split, SplitNames.Of(name));

    [Fact]
    public void Files_that_a_split_leaves_out_are_named()
    {
        foreach (var name in new[] { "questions", "test-tubes", "farodevigo", "train-timetable" }) folder.Write($"d/{name}.jsonl", "{}");
        var settings = new DataSettings { Dataset = folder["d"], Evaluation = false };

        var plan = SplitPlan.Of(settings);
        Assert.Equal(["train-timetable.jsonl"], plan.Train.Select(file => Path.GetFileName(file.Path)));
        foreach (var name in new[] { "questions.jsonl", "farodevigo.jsonl", "test-tubes.jsonl" }) Assert.Contains(name, plan.LeftOut, StringComparison.Ordinal);
        Assert.DoesNotContain("test-tubes", SplitPlan.Of(settings with { Evaluation = true }).LeftOut, StringComparison.Ordinal);

        Assert.Null(SplitPlan.Of(settings with { Dataset = folder["d/questions.jsonl"] }).LeftOut);
    }

    [Fact]
    public void Files_that_joined_and_evaluation_data_sets_leave_out_are_named()
    {
        foreach (var name in new[] { "questions", "train-timetable" }) folder.Write($"d/{name}.jsonl", "{}");
        foreach (var name in new[] { "hard", "test" }) folder.Write($"e/{name}.jsonl", "{}");
        foreach (var name in new[] { "spare", "train" }) folder.Write($"f/{name}.jsonl", "{}");
        var plan = SplitPlan.Of(new DataSettings { Dataset = $"{folder["d"]} + {folder["e/hard.jsonl"]}", EvalDataset = folder["f"] });
        Assert.Contains("questions.jsonl", plan.LeftOut, StringComparison.Ordinal);
        Assert.Contains("spare.jsonl", plan.LeftOut, StringComparison.Ordinal);
        Assert.DoesNotContain("hard.jsonl' has", plan.LeftOut, StringComparison.Ordinal);
    }

    [Fact]
    public void A_search_can_be_stopped()
    {
        var settings = new DataSettings { Dataset = folder.Write("a.json", """[{"a": 1}]"""), EvalDataset = folder.Write("b.jsonl", "{}") };
        Assert.ThrowsAny<OperationCanceledException>(() => SplitPlan.Of(settings, new CancellationToken(canceled: true)));
        Assert.ThrowsAny<OperationCanceledException>(() => SplitPlan.Of(settings with { Dataset = settings.EvalDataset, EvalDataset = settings.Dataset }, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Links_in_circles_end()
    {
        folder.Write("d/a/rows.jsonl", "{}");
        File.CreateSymbolicLink(folder["d/a/again"], folder["d"]);
        File.CreateSymbolicLink(folder["d/a/self"], folder["d/a"]);
        File.CreateSymbolicLink(folder["d/linked"], folder.Write("elsewhere/more.jsonl", "{}")[..^"/more.jsonl".Length]);
        Assert.Equal(["more.jsonl", "rows.jsonl"], DatasetFiles.Find(folder["d"]).Splits["train"].Select(file => Path.GetFileName(file.Path)).Order());
    }

    [Theory]
    [InlineData("""{"splits": 7}""")]
    [InlineData("""{"splits": ["../train"]}""")]
    [InlineData("""{"splits": [null]}""")]
    [InlineData("[")]
    public void Saved_datasets_with_a_damaged_description_are_sentences(string json)
    {
        folder.Write("d/dataset_dict.json", json);
        Assert.Contains("dataset_dict.json", Assert.Throws<UserError>(() => DatasetFiles.Find(folder["d"])).Message, StringComparison.Ordinal);
    }
}
