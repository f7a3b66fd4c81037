using Unmask.Core.Hub.Datasets;
using Unmask.Core.Parameters.Recipes;
using Unmask.Engine.Data.Files.Discovery;
using Unmask.Engine.Data.Files.Readers;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Hub;

/// <summary>The little language for datasets, rule by rule.</summary>
public sealed class DatasetSpecTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("a/b", "a/b", "")]
    [InlineData(" a/b[train:1_000, test:5] ", "a/b", "train:1_000,test:5")]
    [InlineData("a/b[]", "a/b", "")]
    [InlineData("a/b[,name:x,]", "a/b", "name:x")]
    [InlineData("d[1]/x[train:5]", "d", "1]/x[train:5")]
    [InlineData("d[1]/x", "d[1]/x", "")]
    [InlineData("a/b[name:x:y]", "a/b", "name:x:y")]
    public void A_part_is_a_name_and_options(string text, string name, string options)
    {
        if (options.Contains("]/x["))
        {
            // An earlier bracket is swallowed into the options, whose entry then is "1]/x[train".
            Assert.Equal((name, "5"), (Assert.Single(DatasetSpec.Parse(text)).Name, DatasetSpec.Parse(text)[0].Options["1]/x[train"]));
            return;
        }

        var part = Assert.Single(DatasetSpec.Parse(text));
        Assert.Equal(name, part.Name);
        Assert.Equal(options, string.Join(',', part.Options.Select(option => $"{option.Key}:{option.Value}")));
    }

    [Fact]
    public void Parts_are_joined_by_plus_or_bar()
    {
        Assert.Equal(["a/b", "c/d", "e"], DatasetSpec.Parse("a/b + c/d[train:1]|e").Select(part => part.Name));
        Assert.Equal("x=1,y=2", Assert.Single(DatasetSpec.Parse("x=1,y=2")).Pairs);
        Assert.True(DatasetSpec.IsSpec("a+b") && DatasetSpec.IsSpec("a[b:c]") && !DatasetSpec.IsSpec("a/b"));
    }

    [Theory, InlineData("5", "5"), InlineData("1_000", "1000"), InlineData("1__0", null), InlineData("_1", null), InlineData("1_", null), InlineData("x", null)]
    public void Limits_are_digits_with_single_underscores_between(string text, string? limit) => Assert.Equal(limit, DatasetPart.Limit(text));

    [Theory, InlineData("a/b[train]"), InlineData("x=1"), InlineData("+"), InlineData("a/b[overlap:perhaps]")]
    public void What_cannot_be_done_is_told(string text) => Assert.Throws<UserError>(() => DatasetSpec.Read(text));

    [Fact]
    public void With_one_split_what_is_evaluated_is_not_trained_on()
    {
        Write("x.jsonl", 10);
        Assert.Equal("train 3..6, test 0..2", Rows("x.jsonl[train:4,test:3]"));
        Assert.Equal("train 0..3", Rows("x.jsonl[train:4]"));
        Assert.Equal("train 5..9, validation 0..1, test 2..4", Rows("x.jsonl[train:100,validation:2,test:3]"));
    }

    [Fact]
    public void As_the_original_does_only_when_asked_to()
    {
        Write("x.jsonl", 10);
        Assert.Equal("train 0..3, test 0..2", Rows("x.jsonl[train:4,test:3,overlap:true]"));
    }

    [Fact]
    public void With_several_splits_the_named_ones_are_cut_and_the_others_stay()
    {
        Write("d/train.jsonl", 10);
        Write("d/test.jsonl", 5);
        Assert.Equal("train 0..3, test 0..4", Rows("d[train:4,nothing:2]"));
        Assert.Equal("train 0..9, test 0..1", Rows("d[test:2]"));
    }

    [Fact]
    public void A_limit_counts_over_all_files_of_a_split()
    {
        Write("d/train-0.jsonl", 3);
        Write("d/train-1.jsonl", 3, from: 3);
        Assert.Equal("train 2..4, test 0..1", Rows("d[train:3,test:2]"));
    }

    [Fact]
    public void Parts_are_put_one_behind_the_other_split_by_split()
    {
        Write("a/train.jsonl", 2);
        Write("a/test.jsonl", 1, from: 7);
        Write("b.jsonl", 5, from: 100);
        Assert.Equal("train 0..101, test 7..7", Rows("a + b.jsonl[train:2]"));
        Assert.Contains("c.jsonl", Assert.Throws<UserError>(() => Rows("a + c.jsonl")).Message);
    }

    [Fact]
    public void Rows_are_chosen_by_a_word_of_their_output_before_they_are_counted()
    {
        string[] outputs = ["python a", "java b", "python c", "python d", "Python e"];
        folder.Write("x.jsonl", string.Concat(outputs.Select((output, i) => $$"""{"n": {{i}}, "output": "{{output}}"}""" + "\n")));
        Assert.Equal("train 0..3", Rows("x.jsonl[lang:python]"));
        Assert.Equal("train 2..3, test 0..0", Rows("x.jsonl[lang:python,train:5,test:1]"));
        Write("none.jsonl", 1);
        Assert.Contains("none.jsonl:1 has no text in a column output, by which lang:python chooses rows", Assert.Throws<UserError>(() => Rows("none.jsonl[lang:python]")).Message);
    }

    [Fact]
    public void A_recipe_names_local_parts_by_their_place_and_those_of_the_Hub_by_their_names()
    {
        Write("a.jsonl", 1);
        folder.Write("models/here/config.json", "{}");
        var read = Recipe.Parse("dataset: a.jsonl[train:5]+org/rows[name:x]\neval_dataset: other/rows@v1\nmodel: org/model\ntokenizer: models/here", folder["recipe.yaml"]).Parameters;

        Assert.Equal($"{folder["a.jsonl"]}[train:5]+org/rows[name:x]", read.Dataset);
        Assert.Equal(("other/rows@v1", "org/model", folder["models/here"]), (read.EvalDataset, read.Model, read.Tokenizer));
        Assert.Equal(folder["data/rows.jsonl"], Recipe.Parse("dataset: data/rows.jsonl", folder["recipe.yaml"]).Parameters.Dataset);
        Assert.Equal(folder["a/b/c"], Recipe.Parse("model: a/b/c", folder["recipe.yaml"]).Parameters.Model);
        Assert.Equal(folder["a/b"], Recipe.Parse("model: ./a/b", folder["recipe.yaml"]).Parameters.Model);
    }

    private void Write(string name, int rows, int from = 0) => folder.Write(name, string.Concat(Enumerable.Range(from, rows).Select(i => $$"""{"n": {{i}}}""" + "\n")));

    /// <summary>First and last row of each split, of a text whose names are of the test's folder.</summary>
    private string Rows(string text)
    {
        var files = DatasetFiles.Find(DatasetSpec.Renamed(text, name => folder[name]));
        string[] order = ["train", "validation", "test"];
        return string.Join(", ", files.Splits.OrderBy(split => Array.IndexOf(order, split.Key)).Select(split =>
        {
            var rows = new RowReader().Read(split.Value, bad => throw new InvalidOperationException(bad.ToString())).Select(row => row.Values["n"]!.ToString()).ToList();
            return $"{split.Key} {rows[0]}..{rows[^1]}";
        }));
    }
}
