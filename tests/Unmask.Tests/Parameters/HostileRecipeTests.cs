using System.Text;
using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Import;
using Unmask.Core.Parameters.Recipes;
using Unmask.Core.Templates;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Parameters;

/// <summary>Recipes, fields and templates of strangers: each is read, or is a list of sentences.</summary>
public sealed class HostileRecipeTests
{
    public static TheoryData<string> Texts =>
    [
        "? &a [*a]\n: 1\n", "&a {b: *a}", "a: &x 1\nb: *x\n", ": {\r\u0002", "#\0: .", "\0", "\0\0\0", ": : :", "? ? ? a", "a: !!binary x\n", "!<!> a: b", "%YAML 9.9\n---\na: b", "- - -\n" + new string('-', 50),
        new string('[', 100_000), new string('{', 100_000), string.Concat(Enumerable.Repeat("- ", 60_000)), string.Concat(Enumerable.Repeat("a: \n ", 3000)), string.Concat(Enumerable.Repeat("? ", 60_000)),
        string.Concat(Enumerable.Range(0, 5_000).Select(i => $"key{i}: 1\n")), new string('k', 1 << 20) + ": 1", "batch_size: [[[[1]]]]\nlearning_rate: {a: {b: 1}}\n", "? [batch_size]\n: 1\n? {a: b}\n: 2\n",
        "dataset: \"a\\0b\"\nmodel: \"\\0\"\n", "dataset: \"" + new string('[', 60_000) + "]x\"\n", "dataset: \"+|+|[\"\n", "batch_size: \"\\uD800\"\n", "sample_prompts: [null, ~, {}]\nmodel_config: {a: [1], ? [b] : 2}\n",
        "---\na: 1\n---\nb: 2\n", "...\n...\n", "\ufeffbatch_size: 8\n", "batch_size: 8\rmax_length: 9\u0085train_steps: 7\u2028seed: 6\u2029",
    ];

    [Theory, MemberData(nameof(Texts))]
    public void A_recipe_is_read_or_told(string text)
    {
        var recipe = Recipe.Parse(text, overrides: [$"dataset={text}", $"model_config={text}", $"sample_prompts=[{text}", $"{text}=1", text]);
        Assert.All(recipe.Check(), problem => Assert.InRange(problem.Sentence.Length, 1, 3 << 20));
        Assert.InRange(recipe.Check().Count, 1, 200);
        _ = Recipe.FromFields(new Dictionary<string, string> { ["model_config"] = text, ["sample_prompts"] = text, ["dataset"] = text, ["batch_size"] = text, ["adaptor_name"] = text }).Check();
        try
        {
            _ = RecipeImport.Parse(text, "file").Write();
        }
        catch (UserError told)
        {
            Assert.NotEmpty(told.Problems);
        }
    }

    [Fact]
    public void Random_changes_of_a_recipe_are_read_or_told()
    {
        var random = new Random(7);
        var whole = ConfigFile.Write(new TrainParameters { Dataset = "rows.jsonl", SamplePrompts = ["a: b", "#c"], ModelConfig = new ValueMap([new("hidden_size", 32L)]) });
        string[] pieces = ["&a ", "*a", "? ", ": ", "[", "{", "]", "}", "- ", "\0", "\r", "\u2028", "\"", "'", "|\n", ">\n", "!!x ", "%", "@", "`", "#", "---\n", "\t", "\\", "\ud800", "~", "1e999", "\u0002"];
        for (var round = 0; round < 400; round++)
        {
            var text = new StringBuilder(whole);
            for (var times = random.Next(1, 6); times > 0; times--)
            {
                var at = random.Next(text.Length);
                if (random.Next(3) == 0) text.Remove(at, Math.Min(text.Length - at, random.Next(1, 30)));
                else text.Insert(at, pieces[random.Next(pieces.Length)]);
            }

            _ = Recipe.Parse(text.ToString()).Check();
        }
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r")]
    [InlineData("\r\n")]
    [InlineData("\u0085")]
    [InlineData("\u2028")]
    [InlineData("\u2029")]
    [InlineData("\f")]
    [InlineData("\v")]
    [InlineData("\0")]
    [InlineData("\u0001")]
    public void No_words_about_a_template_become_a_setting(string between)
    {
        using var folder = new TemporaryFolder();
        var shelf = new TemplateStore(folder.Path);
        var parameters = new TrainParameters { Dataset = folder.Write("rows.jsonl", "{}"), ModelSize = "tiny", BatchSize = 7 };
        var id = shelf.Add($"title{between}batch_size: 3", $"x{between}max_length: 999{between}train_steps: 5", parameters);
        var read = shelf.Find(id)!;
        Assert.Equal(parameters, read.Parameters);
        Assert.Empty(read.Problems);
        Assert.Contains("max_length: 999", read.Description, StringComparison.Ordinal);
        Assert.Equal(parameters, Recipe.Parse(ConfigFile.WriteChanges(parameters, $"x{between}max_length: 999")).Parameters);
    }
}
