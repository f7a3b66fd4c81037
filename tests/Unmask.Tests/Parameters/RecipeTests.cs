using CsCheck;
using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Recipes;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Parameters;

public class RecipeTests
{
    private const string Good = "dataset: /data/train.jsonl\nmodel_size: tiny\nlearning_rate: 1e-3\n";

    private static string[] Sentences(string yaml, params string[] overrides) =>
        [.. Recipe.Parse(yaml, "/r/recipe.yaml", overrides).Check().Select(problem => problem.Sentence)];

    [Fact]
    public void A_plain_recipe_has_no_problem() => Assert.Empty(Sentences(Good));

    [Fact]
    public void Every_problem_is_told_at_once_with_its_line()
    {
        string[] sentences = Sentences("datset: x\nbatch_size: four\nlearning_rate: 0\ntrain_device: tpu\nmax_length: 0\n");
        Assert.Contains("/r/recipe.yaml, line 1: datset is not a setting; did you mean dataset?", sentences);
        Assert.Contains("/r/recipe.yaml, line 2: batch_size is \"four\". It must be a whole number of at least 1.", sentences);
        Assert.Contains("/r/recipe.yaml, line 3: learning_rate is 0. It must be at least 1e-6.", sentences);
        Assert.Contains("/r/recipe.yaml, line 4: train_device is tpu; TPUs need XLA, which LibTorch for .NET does not have. Use auto, cpu or cuda.", sentences);
        Assert.Contains("/r/recipe.yaml, line 5: max_length is 0. It must be at least 1.", sentences);
        Assert.Contains(sentences, sentence => sentence.StartsWith("dataset is not set.", StringComparison.Ordinal));
        Assert.Contains(sentences, sentence => sentence.StartsWith("Neither model nor model_size is set.", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("batch_size=0", "--set batch_size=0: batch_size is 0. It must be at least 1.")]
    [InlineData("batchsize=8", "--set batchsize=8: batchsize is not a setting; did you mean batch_size?")]
    [InlineData("batch_size", "--set batch_size: an override must be key=value, such as --set batch_size=8.")]
    [InlineData("learning_rate_schedule=cosin", "--set learning_rate_schedule=cosin: learning_rate_schedule is \"cosin\". It must be constant, linear, cosine or constant_with_warmup (did you mean cosine?).")]
    [InlineData("lora=yes", "--set lora=yes: lora is \"yes\". It must be true or false.")]
    [InlineData("eval_steps=1.5", "--set eval_steps=1.5: eval_steps is 1.5. It must be a whole number of steps from 1 on, or a share of all steps between 0 and 1.")]
    [InlineData("adaptor_name=../x", "--set adaptor_name=../x: adaptor_name is \"../x\". It must be 1 to 100 letters, digits, dots, dashes or underscores, and start with a letter or digit.")]
    [InlineData("seed=99999999999999999999", "--set seed=99999999999999999999: seed is \"99999999999999999999\". It must be a whole number of at least 0.")]
    [InlineData("warmup_ratio=NaN", "--set warmup_ratio=NaN: warmup_ratio is NaN. It must be a number from 0 to 1.")]
    [InlineData("vocab_size=", "--set vocab_size=: vocab_size is empty. It must be a whole number from 16 to 4000000.")]
    public void Overrides_are_read_by_the_same_rules(string given, string sentence) => Assert.Contains(sentence, Sentences(Good, given));

    [Fact]
    public void Overrides_win_and_the_last_of_two_counts()
    {
        Recipe recipe = Recipe.Parse(Good + "batch_size: 2\n", "/r/recipe.yaml", ["batch_size=3", "batch_size=5", "model_config.hidden_size=96", "input_template={{ a }}: {{ b }}", "sample_prompts=[one, 'two, three']"]);
        Assert.Empty(recipe.Check());
        Assert.Equal(5, recipe.Parameters.BatchSize);
        Assert.Equal(96L, recipe.Parameters.ModelConfig["hidden_size"]);
        Assert.Equal("{{ a }}: {{ b }}", recipe.Parameters.InputTemplate);
        Assert.Equal<TextList>(["one", "two, three"], recipe.Parameters.SamplePrompts);
    }

    [Fact]
    public void A_setting_given_under_both_its_names_is_told()
    {
        Assert.Contains("/r/recipe.yaml, line 5: train_steps is already set (/r/recipe.yaml, line 4); max_steps is another name for it. Remove one of them.",
            Sentences(Good + "train_steps: 3\nmax_steps: 4\n"));
    }

    [Theory]
    [InlineData("a: [", "this is not valid YAML")]
    [InlineData("batch_size: 1\nbatch_size: 2\n", "this is not valid YAML")]
    [InlineData("- a\n- b\n", "is not a list of settings")]
    [InlineData("batch_size: [1]", "batch_size is a list. It must be a whole number of at least 1.")]
    [InlineData("batch_size: \"8\"", "batch_size is the text \"8\". It must be a whole number of at least 1, without quotes.")]
    public void Broken_files_get_a_sentence(string yaml, string part) => Assert.Contains(Sentences(yaml), sentence => sentence.Contains(part, StringComparison.Ordinal));

    [Fact]
    public void Of_a_file_that_cannot_be_read_at_all_nothing_is_said_to_be_missing() => Assert.Single(Sentences(Good + "sample_prompts: ["));

    [Fact]
    public void An_absent_file_is_told()
    {
        UserError error = Assert.Throws<UserError>(() => Recipe.Load("/nowhere/r.yaml"));
        Assert.Contains("/nowhere/r.yaml does not exist", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Paths_lead_from_the_recipe_then_from_the_working_directory()
    {
        using var folder = new TemporaryFolder();
        string recipes = Directory.CreateDirectory(Path.Combine(folder.Path, "recipes")).FullName;
        File.WriteAllText(Path.Combine(recipes, "both.txt"), "");
        File.WriteAllText(Path.Combine(folder.Path, "both.txt"), "");
        File.WriteAllText(Path.Combine(folder.Path, "working.txt"), "");
        string name = Path.Combine(recipes, "r.yaml");
        Assert.Equal(Path.Combine(recipes, "both.txt"), Recipe.Parse("dataset: both.txt", name, [], folder.Path).Parameters.Dataset);
        Assert.Equal(Path.Combine(folder.Path, "working.txt"), Recipe.Parse("dataset: working.txt", name, [], folder.Path).Parameters.Dataset);
        Assert.Equal(Path.Combine(recipes, "neither.txt"), Recipe.Parse("dataset: neither.txt", name, [], folder.Path).Parameters.Dataset);
        Assert.Equal(Path.Combine(folder.Path, "both.txt"), Recipe.Parse("", name, ["dataset=both.txt"], folder.Path).Parameters.Dataset);
    }

    [Fact]
    public void Written_settings_read_in_again_to_an_equal_record() => Gen.Select(AnyParameters, Gen.Const(0)).Sample((parameters, _) =>
    {
        Recipe recipe = Recipe.Parse(ConfigFile.Write(parameters), "/r/config.yaml");
        Assert.DoesNotContain(recipe.Check(), problem => problem.Sentence.Contains("not valid YAML", StringComparison.Ordinal));
        Assert.Equal(parameters, recipe.Parameters);
    }, iter: 300);

    /// <summary>Every setting gets a value of its type, from the whole range of the type where there are no bounds.</summary>
    private static readonly Gen<TrainParameters> AnyParameters = Gen.Int.Select(seed =>
    {
        var random = new Random(seed);
        var parameters = new TrainParameters();
        foreach (Setting setting in ParameterCatalog.Settings) setting.Put(parameters, AnyValue(setting, random));
        return parameters;
    });

    private static object? AnyValue(Setting setting, Random random)
    {
        if (setting.Optional && random.Next(3) == 0) return null;
        double low = setting.Minimum ?? 0, high = setting.Maximum ?? 1e9;
        return setting.Type switch
        {
            SettingType.Boolean => random.Next(2) == 0,
            SettingType.Integer when setting.ValueType == typeof(long) => random.NextInt64(),
            SettingType.Integer => random.Next((int)low, (int)Math.Min(high, int.MaxValue)),
            SettingType.Number => random.Next(4) == 0 ? Math.Floor(low + (random.NextDouble() * (high - low))) : low + (random.NextDouble() * (high - low)),
            SettingType.Choice => Enum.GetValues(setting.ValueType).GetValue(random.Next(setting.Choices.Count)),
            SettingType.TextList => TextList.Create([.. Enumerable.Range(0, random.Next(4)).Select(_ => AnyText(random))]),
            SettingType.Map => new ValueMap(Enumerable.Range(0, random.Next(4)).Select(i => KeyValuePair.Create<string, object?>(AnyText(random) + i, random.Next(5) switch
            {
                0 => random.NextInt64(),
                1 => random.NextDouble() * Math.Pow(10, random.Next(-20, 20)),
                2 => random.Next(2) == 0,
                3 => AnyText(random),
                _ => null,
            }))),
            _ when setting.IsPath => "/" + random.Next().ToString(System.Globalization.CultureInfo.InvariantCulture),
            _ => AnyText(random),
        };
    }

    private static string AnyText(Random random)
    {
        string[] pieces = ["a", "B", " ", "\n", "\t", "\"", "'", "\\", ": ", "# ", "- ", "{", "}", "[", ",", "null", "true", "~", "1e3", "ß", "語", "😀", "\u0085", "\u2028", "\u0001", "\ufeff", "%", "&", "*", "!", "|", ">", "@", "`"];
        return string.Concat(Enumerable.Range(0, random.Next(8)).Select(_ => pieces[random.Next(pieces.Length)]));
    }
}
