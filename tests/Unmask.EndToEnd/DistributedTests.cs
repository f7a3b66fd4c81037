using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Xunit;

namespace Unmask.EndToEnd;

/// <summary>Several processes of the real program over the real MPI, against one; killed, stopped and resumed.</summary>
public sealed class DistributedTests : IDisposable
{
    private static readonly IReadOnlyDictionary<string, string> oneThread = new Dictionary<string, string> { ["OMP_NUM_THREADS"] = "1" };

    private static readonly TimeSpan patience = TimeSpan.FromSeconds(60);

    private readonly Workplace place = new();

    public DistributedTests()
    {
        if (!(Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "mpirun")))) Assert.Skip("There is no MPI here; install Open MPI (Debian: openmpi-bin).");
    }

    public void Dispose() => place.Dispose();

    [Fact]
    public async Task Ranks_and_one_process_come_to_the_same_bits_and_a_run_goes_on_under_other_numbers()
    {
        await Run("one", 0, "batch_size=16");
        await Run("launched", 0, "batch_size=8", "num_processes=2", "zero_stage=2");
        await Run("started", 4, "batch_size=4");
        Assert.Equal(Losses("one"), Losses("launched"));
        Assert.Equal(Losses("one"), Losses("started"));
        Assert.Equal(Weights("one"), Weights("launched"));
        Assert.Equal(Weights("one"), Weights("started"));

        // Saved by two, each a part of the optimizer's state; goes on as one and as four.
        foreach (var ranks in new[] { 1, 4 })
        {
            var name = $"on-{ranks}";
            Workplace.Copy(place.In("launched"), place.In(name));
            Directory.Delete(Path.Combine(place.In(name), "outputs"), recursive: true);
            Directory.Delete(Directory.GetDirectories(Path.Combine(place.In(name), "checkpoints")).Order().Last(), recursive: true);
            var outcome = await Executable.Run(["train", "--resume", place.In(name), "--processes", ranks.ToString(CultureInfo.InvariantCulture)], place.Folder, environment: oneThread);
            Assert.True(outcome.Code == 0, outcome.Error);
            Assert.Equal(Weights("one"), Weights(name));
            Assert.Equal(Losses("one"), Losses(name));
        }
    }

    [Theory]
    [InlineData("rank 1", "KILL", "Rank 1 ", "killed")]
    [InlineData("rank 1", "STOP", "Rank 1 ", "timeout")]
    [InlineData("rank 0", "KILL", "Rank 0 ", "killed")]
    [InlineData("rank 0", "STOP", "Rank 0 ", null)]
    public async Task A_rank_that_dies_or_hangs_ends_the_run_by_name(string who, string signal, string named, string? reason)
    {
        using var launcher = await StartLong();
        var ranks = RankProcesses.Of(place.In("run"));
        Signal(ranks[who[^1] - '0'], signal);
        var clock = Stopwatch.StartNew();
        var (_, error) = await End(launcher);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 25);
        Assert.NotEqual(0, launcher.ExitCode);
        var last = LastEvent("run");
        Assert.Equal(("run_finished", "failed"), ((string)last["event"]!, (string)last["outcome"]!));
        // A first rank that was stopped may come to itself before it is killed, and say so; or the launcher says it in its stead.
        if (reason is not null) Assert.Equal(reason, (string)last["reason"]!);
        Assert.StartsWith(named, (string)last["message"]!);
        Assert.Contains("Resume with: unmask train --resume", (string)last["message"]!);
        Assert.Contains(named.Trim(), error);
        await NobodyIsLeft(ranks);
    }

    [Fact]
    public async Task A_launcher_that_is_told_to_end_saves_once_and_one_that_is_killed_leaves_nobody()
    {
        using (var told = await StartLong())
        {
            var ranks = RankProcesses.Of(place.In("run"));
            Signal(told.Id, "TERM");
            await End(told);
            Assert.Equal(128 + 15, told.ExitCode);
            var last = LastEvent("run");
            Assert.Equal("stopped", (string)last["outcome"]!);
            var saved = Directory.GetDirectories(Path.Combine(place.In("run"), "checkpoints")).Order().Last();
            Assert.EndsWith($"step-{(int)last["step"]!:000000}", saved);
            await NobodyIsLeft(ranks);
        }

        using var killed = await StartLong(resume: true);
        var left = RankProcesses.Of(place.In("run"));
        Signal(killed.Id, "KILL");
        await End(killed);
        await NobodyIsLeft(left);
    }

    [Fact]
    public async Task What_cannot_work_is_told_before_anything_starts()
    {
        var recipe = Recipe();
        var bad = await Executable.Run(["train", recipe, "--run-dir", place.In("run"), "--set", "num_processes=2", "--set", "dataset=absent.jsonl"], place.Folder);
        Assert.Equal(2, bad.Code);
        Assert.Contains("absent.jsonl", bad.Error);
        var nowhere = await Executable.Run(["train", recipe, "--run-dir", place.In("run"), "--set", "num_processes=2"], place.Folder, environment: new Dictionary<string, string> { ["PATH"] = place.Folder });
        Assert.Equal(2, nowhere.Code);
        Assert.Contains("mpirun was not found. Install Open MPI", nowhere.Error);
        var alone = await Executable.Run(["train", recipe, "--run-dir", place.In("run")], place.Folder, environment: new Dictionary<string, string> { ["RANK"] = "0", ["WORLD_SIZE"] = "2", ["MASTER_ADDR"] = "127.0.0.1", ["MASTER_PORT"] = "1" });
        Assert.Equal(2, alone.Code);
        Assert.Contains("`mpirun -n N unmask train ...`", alone.Error);
        Assert.False(Directory.Exists(place.In("run")) && File.Exists(Path.Combine(place.In("run"), "config.yaml")));
    }

    private string Recipe()
    {
        File.WriteAllText(place.In("recipe.yaml"), """
            dataset: rows.jsonl
            model_architecture: bert
            model_size: tiny
            model_config: {hidden_size: 32, intermediate_size: 64, num_attention_heads: 2, num_hidden_layers: 1, max_position_embeddings: 64}
            vocabulary: character
            max_length: 32
            train_steps: 6
            logging_steps: 1
            save_steps: 3
            eval_steps: 3
            learning_rate: 1e-3
            dtype: float32
            deterministic: true
            sample_count: 0
            """);
        return place.In("recipe.yaml");
    }

    /// <param name="name">Folder of the run.</param>
    /// <param name="ranks">Above 0: started by mpirun itself, so many.</param>
    private async Task Run(string name, int ranks, params string[] settings)
    {
        string[] line = ["train", Recipe(), "--run-dir", place.In(name), "--json", .. settings.SelectMany(setting => (string[])["--set", setting])];
        var outcome = ranks == 0 ? await Executable.Run(line, place.Folder, environment: oneThread) : await MpiRun(ranks, line);
        Assert.True(outcome.Code == 0, outcome.Error + outcome.Output);
    }

    private async Task<Outcome> MpiRun(int ranks, string[] line)
    {
        var start = new ProcessStartInfo("mpirun", ["--allow-run-as-root", "--oversubscribe", "-n", ranks.ToString(CultureInfo.InvariantCulture), Executable.Path, .. line])
        {
            WorkingDirectory = place.Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["OMP_NUM_THREADS"] = "1";
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(new CancellationTokenSource(patience).Token);
        return new Outcome(process.ExitCode, await output, await error);
    }

    /// <summary>Two processes in a run that lasts, after its first checkpoint.</summary>
    private async Task<Process> StartLong(bool resume = false)
    {
        string[] line = resume
            ? ["train", "--resume", place.In("run")]
            : ["train", Recipe(), "--run-dir", place.In("run"), .. ((string[])["batch_size=8", "num_processes=2", "train_steps=100000", "save_steps=20", "eval_strategy=no", "deterministic=false", "logging_steps=10"]).SelectMany(setting => (string[])["--set", setting])];
        var before = resume ? Saved() : [];
        var process = Executable.Start(line, place.Folder, oneThread);
        output = process.StandardOutput.ReadToEndAsync();
        error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(patience);
        while (Saved().Except(before).Any() is false)
        {
            Assert.False(process.HasExited, process.HasExited ? await error : "");
            await Task.Delay(100, limit.Token);
        }

        return process;
    }

    private Task<string> output = Task.FromResult("");

    private Task<string> error = Task.FromResult("");

    private string[] Saved() => Directory.Exists(Path.Combine(place.In("run"), "checkpoints")) ? Directory.GetDirectories(Path.Combine(place.In("run"), "checkpoints"), "step-*") : [];

    private async Task<(string Output, string Error)> End(Process process)
    {
        await process.WaitForExitAsync(new CancellationTokenSource(patience).Token);
        return (await output, await error);
    }

    private static void Signal(int process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", process.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private static async Task NobodyIsLeft(Dictionary<int, int> ranks)
    {
        Assert.Equal(2, ranks.Count);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        while (ranks.Values.Any(IsAlive)) await Task.Delay(100, limit.Token);
    }

    private static bool IsAlive(int process)
    {
        try
        {
            return !File.ReadAllText($"/proc/{process}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private JsonNode LastEvent(string name) => JsonNode.Parse(File.ReadLines(Path.Combine(place.In(name), "events.jsonl")).Last())!;

    private string[] Losses(string name) =>
    [
        .. File.ReadLines(Path.Combine(place.In(name), "events.jsonl")).Select(line => JsonNode.Parse(line)!)
            .Where(one => (string)one["event"]! is "step_logged" or "evaluation_finished")
            .Select(one => $"{one["step"]} {one["loss"]} {one["grad_norm"]} {one["eval_loss"]}"),
    ];

    private byte[] Weights(string name) => File.ReadAllBytes(Path.Combine(place.In(name), "outputs", "model.safetensors"));
}
