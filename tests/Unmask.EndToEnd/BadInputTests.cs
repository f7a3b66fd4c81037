using System.Buffers.Binary;
using System.Text.Json.Nodes;
using Xunit;

namespace Unmask.EndToEnd;

/// <summary>What a person can get wrong: each ends with exit code 2 and a sentence that names the thing, and leaves no run behind.</summary>
public sealed class BadInputTests : IClassFixture<BadInputTests.TrainedModel>, IDisposable
{
    private readonly TrainedModel trained;
    private readonly Workplace place = new();

    public BadInputTests(TrainedModel trained) => this.trained = trained;

    public void Dispose() => place.Dispose();

    [Fact]
    public async Task A_recipe_that_does_not_exist() => Told(await place.Train(place.In("nowhere.yaml"), []), "nowhere.yaml");

    [Fact]
    public async Task A_data_set_that_does_not_exist() => Told(await place.Train("dataset=nowhere.jsonl"), "nowhere.jsonl");

    [Fact]
    public async Task A_column_that_does_not_exist() => Told(await place.Train("prompt_column=qestion", "response_column=response"), "qestion", "prompt");

    [Fact]
    public async Task An_empty_data_set()
    {
        File.WriteAllText(place.In("empty.jsonl"), "");
        Told(await place.Train("dataset=empty.jsonl"), "empty.jsonl");
    }

    [Fact]
    public async Task A_misspelled_setting() => Told(await place.Train("lerning_rate=1e-3"), "lerning_rate", "did you mean learning_rate");

    [Fact]
    public async Task Several_mistakes_are_told_at_once() => Told(await place.Train("lerning_rate=1e-3", "batch_size=0", "train_steps=x"), "lerning_rate", "batch_size", "train_steps");

    [Fact]
    public async Task A_setting_of_the_wrong_type()
    {
        var recipe = place.Recipe();
        File.WriteAllText(recipe, File.ReadAllText(recipe).Replace("batch_size: 4", "batch_size: [lots]", StringComparison.Ordinal));
        Told(await place.Train(recipe, []), "recipe.yaml, line 7: batch_size");
    }

    [Fact]
    public async Task Data_and_model_and_final_data_that_are_all_missing() => Told(
        await place.Train("dataset=nowhere.jsonl", $"model={place.In("no-model")}", "final_evaluation=edit_distance", "final_evaluation_dataset=nothing.jsonl", "batch_size=0"),
        "nowhere.jsonl", "no-model", "nothing.jsonl", "batch_size is 0");

    [Fact]
    public async Task A_data_set_of_bad_lines()
    {
        File.WriteAllText(place.In("bad.jsonl"), "{\"prompt\": \"a\"\nwords\n");
        Told(await place.Train("dataset=bad.jsonl"), "all 2 lines are bad", "bad.jsonl:1: ", "bad.jsonl:2: ");
    }

    [Fact]
    public async Task Rows_longer_than_the_models_positions() => Told(await place.Train($"model={trained.CopyTo(place)}", "max_length=100000"), "100000", "64");

    [Fact]
    public async Task A_model_folder_that_does_not_exist() => Told(await place.Train($"model={place.In("no-model")}"), "no-model");

    [Fact]
    public async Task A_model_without_mask_token()
    {
        var model = trained.CopyTo(place);
        Told(await place.Train($"model={model}", $"tokenizer={Path.Combine(Executable.Repository, "tests", "fixtures", "data", "tokenizer-gpt2")}"), "mask");
    }

    [Fact]
    public async Task A_corrupt_header_of_the_weights()
    {
        var model = trained.CopyTo(place);
        using (var weights = File.OpenWrite(Path.Combine(model, "model.safetensors")))
        {
            var length = new byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(length, ulong.MaxValue / 3);
            weights.Write(length);
        }

        Told(await place.Train($"model={model}"), "model.safetensors");
    }

    [Fact]
    public async Task An_architecture_that_is_not_known()
    {
        var model = trained.CopyTo(place);
        var path = Path.Combine(model, "config.json");
        var config = JsonNode.Parse(File.ReadAllText(path))!;
        config["architectures"] = new JsonArray("FooForMaskedLM");
        config["model_type"] = "foo";
        File.WriteAllText(path, config.ToJsonString());

        Told(await place.Train($"model={model}"), "FooForMaskedLM");
    }

    [Fact]
    public async Task A_run_folder_that_is_in_use()
    {
        Directory.CreateDirectory(place.In("run"));
        File.WriteAllText(place.In("run/mine.txt"), "keep me");
        var outcome = await place.Train();

        Assert.Equal(2, outcome.Code);
        Assert.Contains("is not empty", outcome.Error);
        Assert.Equal("keep me", File.ReadAllText(place.In("run/mine.txt")));
    }

    private void Told(Outcome outcome, params string[] words)
    {
        Assert.True(outcome.Code == 2, $"exit code {outcome.Code}\n{outcome.Output}\n{outcome.Error}");
        Assert.All(words, word => Assert.Contains(word, outcome.Error));
        Assert.DoesNotContain("   at ", outcome.Error);
        Assert.All(outcome.ErrorLines, line => Assert.Matches(@"[.:)!?]$|unmask ", line));
        Assert.False(Directory.Exists(place.In("run")), "a run folder was left behind");
    }

    /// <summary>A small model that the program itself made, with its tokenizer.</summary>
    public sealed class TrainedModel : IAsyncLifetime
    {
        private readonly Workplace place = new();

        public async ValueTask InitializeAsync()
        {
            var outcome = await place.Train();
            Assert.True(outcome.Code == 0, $"exit code {outcome.Code}\n{outcome.Output}\n{outcome.Error}");
        }

        public ValueTask DisposeAsync()
        {
            place.Dispose();
            return ValueTask.CompletedTask;
        }

        internal string CopyTo(Workplace other)
        {
            var copy = Directory.CreateDirectory(other.In("model")).FullName;
            foreach (var file in Directory.EnumerateFiles(place.In("run/outputs"))) File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
            return copy;
        }
    }
}
