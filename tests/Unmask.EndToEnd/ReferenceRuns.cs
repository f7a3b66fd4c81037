using System.Diagnostics;
using System.Text.Json.Nodes;
using Xunit;

namespace Unmask.EndToEnd;

/// <summary>Uninterrupted runs, made once, that interrupted ones are held against.</summary>
public sealed class ReferenceRuns : IDisposable
{
    /// <summary>
    /// Settings of small runs that between them use everything a step depends on: the log's sums between two log lines, dropout, float32 master
    /// weights, accumulation, batches grouped by length, previews.
    /// </summary>
    private static readonly Dictionary<string, string[]> Settings = new()
    {
        ["plain"] = [],
        ["bf16-accumulated"] = ["dtype=bfloat16", "gradient_accumulation_steps=2", "batch_size=4", "mask_sampling=fixed_count", "time_sampling=stratified"],
        ["float16"] = ["dtype=float16"],
        ["dropout-grouped"] = ["group_by_length=true", "model_config={hidden_size: 64, intermediate_size: 128, num_attention_heads: 2, num_hidden_layers: 2, max_position_embeddings: 64, hidden_dropout_prob: 0.2, attention_probs_dropout_prob: 0.2}"],
        ["modernbert"] = ["model_architecture=modernbert", "weight_decay=0.1"],
        ["dream"] = ["model_architecture=dream", "training_method=dream", "model_config={hidden_size: 64, intermediate_size: 128, num_attention_heads: 2, num_key_value_heads: 1, num_hidden_layers: 2}"],
        ["llada"] = ["model_architecture=llada", "training_method=llada", "pretrain=true", "max_length=12", "model_config={d_model: 64, mlp_hidden_size: 128, n_heads: 2, n_kv_heads: 2, n_layers: 2, residual_dropout: 0.1}"],
        ["lora"] = ["model=base", "chat_template=plain", "lora=true", "lora_dropout=0.2", "dtype=bfloat16", "gradient_accumulation_steps=2", "activation_checkpointing=true"],
    };

    /// <summary>Two threads would give the same bits as two threads; one is quicker here.</summary>
    public static readonly IReadOnlyDictionary<string, string> Environment = new Dictionary<string, string> { ["OMP_NUM_THREADS"] = "1" };

    private readonly Dictionary<string, Reference> made = [];

    private readonly List<Workplace> places = [];

    private Workplace? stopped;

    /// <summary>How to start such a run in <paramref name="place"/>.</summary>
    internal static async Task<string[]> Command(Workplace place, string name)
    {
        if (Settings[name].Contains("model=base") && !Directory.Exists(place.In("base"))) await MakeBase(place);
        File.WriteAllText(place.In("recipe.yaml"), """
            dataset: rows.jsonl
            model_architecture: bert
            model_size: tiny
            model_config: {hidden_size: 64, intermediate_size: 128, num_attention_heads: 2, num_hidden_layers: 2, max_position_embeddings: 64}
            vocabulary: character
            max_length: 32
            batch_size: 8
            train_steps: 18
            logging_steps: 2
            save_steps: 3
            eval_steps: 6
            learning_rate: 1e-3
            dtype: float32
            seed: 7
            sample_count: 1
            sample_steps: 4
            sample_max_new_tokens: 8
            sample_block_length: 8
            """);
        return ["train", place.In("recipe.yaml"), "--run-dir", place.In("run"), .. Settings[name].SelectMany(setting => (string[])["--set", setting])];
    }

    private static async Task MakeBase(Workplace place)
    {
        string[] size = ["hidden_size=64", "intermediate_size=128", "num_attention_heads=2"];
        var made = await Executable.Run(
            ["model", "new", "--size", "tiny", "--architecture", "bert", "--learn", "character", "--dataset", place.In("rows.jsonl"), "--output", place.In("base"), .. size.SelectMany(value => (string[])["--set", value])],
            place.Folder);
        Assert.True(made.Code == 0, made.Error);
    }

    /// <summary>The final model: of a run that trains an adapter, the fused one.</summary>
    internal static byte[] Weights(string run) => File.ReadAllBytes(Directory.EnumerateFiles(Path.Combine(run, "outputs"), "model.safetensors", SearchOption.AllDirectories).Single());

    internal async Task<Reference> Of(string name)
    {
        if (made.TryGetValue(name, out var known)) return known;
        var place = new Workplace();
        places.Add(place);
        var clock = Stopwatch.StartNew();
        var outcome = await Executable.Run(await Command(place, name), place.Folder, environment: Environment);
        Assert.True(outcome.Code == 0, $"exit code {outcome.Code}\n{outcome.Output}\n{outcome.Error}");
        return made[name] = new Reference(Weights(place.In("run")), RunRecord.Measures(place.In("run")), RunRecord.Kinds(place.In("run")), clock.Elapsed, place.In("run"));
    }

    /// <summary>Puts a plain run into <paramref name="place"/> that was asked to stop after its second checkpoint and said so.</summary>
    internal async Task CopyStopped(Workplace place)
    {
        stopped ??= await Stop();
        Workplace.Copy(stopped.In("run"), place.In("run"));
    }

    private async Task<Workplace> Stop()
    {
        var place = new Workplace();
        places.Add(place);
        using var process = Executable.Start(await Command(place, "plain"), place.Folder, Environment);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        while (!process.HasExited && !Directory.Exists(place.In("run/checkpoints/step-000006"))) await Task.Delay(1);
        using (var term = Process.Start("kill", ["-TERM", process.Id.ToString()])) await term.WaitForExitAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 128 + 15, $"exit code {process.ExitCode}\n{await output}\n{await error}");
        Assert.True(Directory.GetDirectories(place.In("run/checkpoints"), "step-*").Length > 1);
        Assert.False(Directory.Exists(place.In("run/outputs")));
        return place;
    }

    public void Dispose()
    {
        foreach (var place in places) place.Dispose();
    }
}

/// <summary>What an uninterrupted run came to.</summary>
/// <param name="Weights">Its final model.safetensors.</param>
/// <param name="Measures">Its measures, see <see cref="RunRecord.Measures"/>.</param>
/// <param name="Kinds">How often each kind of event is in its log.</param>
/// <param name="Took">From start to end of the process.</param>
/// <param name="Run">Its folder.</param>
internal sealed record Reference(byte[] Weights, string[] Measures, IReadOnlyDictionary<string, int> Kinds, TimeSpan Took, string Run)
{
    /// <summary>Fails unless the run in <paramref name="run"/> came to the very same.</summary>
    public void AssertReached(string run)
    {
        Assert.Equal(Measures, RunRecord.Measures(run));
        Assert.True(Weights.AsSpan().SequenceEqual(ReferenceRuns.Weights(run)), "the weights differ from those of the uninterrupted run");
        var kinds = RunRecord.Kinds(run);
        Assert.Equal(1, kinds["run_started"]);
        Assert.Equal(1, kinds["run_finished"]);
        Assert.Contains("\"outcome\":\"done\"", File.ReadLines(Path.Combine(run, "events.jsonl")).Last());
        Assert.Empty(Directory.EnumerateFileSystemEntries(run, ".tmp-*", SearchOption.AllDirectories));
    }
}

/// <summary>The log of a run, as a reader from outside sees it.</summary>
internal static class RunRecord
{
    private static readonly string[] Measured = ["step_logged", "evaluation_finished", "samples_drawn"];

    /// <summary>Clock and memory: what differs from run to run.</summary>
    private static readonly string[] OfTheMoment = ["time", "tokens_per_second", "step_seconds", "memory_bytes", "eta_seconds", "seconds"];

    /// <summary>Log lines, evaluations and previews in their order, without what differs from run to run.</summary>
    public static string[] Measures(string run) => [.. Events(run).Where(one => Measured.Contains(Kind(one))).Select(one =>
    {
        foreach (var field in OfTheMoment) one.Remove(field);
        return one.ToJsonString();
    })];

    public static IReadOnlyDictionary<string, int> Kinds(string run) => Events(run).CountBy(Kind).ToDictionary();

    public static string Kind(JsonObject one) => one["event"]!.GetValue<string>();

    private static IEnumerable<JsonObject> Events(string run) => File.ReadLines(Path.Combine(run, "events.jsonl")).Select(line => JsonNode.Parse(line)!.AsObject());
}
