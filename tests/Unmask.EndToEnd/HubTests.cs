using System.Security.Cryptography;
using Unmask.Tests.Hub;
using Xunit;

namespace Unmask.EndToEnd;

/// <summary>The real executable with a Hub on loopback: killed downloads, several at once, every command.</summary>
public sealed class HubTests : IAsyncLifetime
{
    private readonly Workplace place = new();
    private FakeHub hub = null!;

    public async ValueTask InitializeAsync() => hub = await FakeHub.Start();

    public async ValueTask DisposeAsync()
    {
        await hub.DisposeAsync();
        place.Dispose();
        Assert.Empty(hub.Wrongs);
    }

    [Fact]
    public async Task A_killed_download_goes_on_and_nothing_is_ever_half_there()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("The kill signal is that of Unix.");
        byte[] weights = Weights(2 << 20);
        hub.Add("org/model").With("config.json", "{}").With("tokenizer.json", "{}").With("model.safetensors", weights);
        hub.StorageSpeed = 1 << 20;
        string blob = place.In($"cache/models--org--model/blobs/{Convert.ToHexStringLower(SHA256.HashData(weights))}");
        for (int kill = 0; kill < 3; kill++)
        {
            long before = Length(blob + ".incomplete");
            using var process = Executable.Start(["hub", "download", "org/model"], place.Folder, Environment());
            while (!process.HasExited && Length(blob + ".incomplete") <= before) await Task.Delay(5);
            await Task.Delay(50);
            process.Kill();
            await process.WaitForExitAsync();
            Assert.False(File.Exists(blob));
            Assert.True(Length(blob + ".incomplete") > before);
        }

        hub.StorageSpeed = null;
        hub.Calls.Clear();
        var outcome = await Run("hub", "download", "org/model");

        Assert.True(outcome.Code == 0, outcome.Error);
        Assert.Equal(weights, File.ReadAllBytes(Path.Combine(outcome.Output.Trim(), "model.safetensors")));
        Assert.Contains(hub.Calls, call => call.StartsWith("storage GET") && call.Contains("bytes="));
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(blob)!, "*.incomplete"));
        Assert.Equal(0, (await Run("hub", "cache", "verify")).Code);
    }

    [Fact]
    public async Task Two_processes_download_each_content_once()
    {
        hub.Add("org/model").With("config.json", "{}").With("tokenizer.json", "{}").With("model.safetensors", Weights(1 << 20));
        hub.StorageSpeed = 1 << 20;

        var both = await Task.WhenAll(Run("hub", "download", "org/model"), Run("hub", "download", "org/model"));

        Assert.All(both, outcome => Assert.True(outcome.Code == 0, outcome.Error));
        Assert.Equal(both[0].Output, both[1].Output);
        Assert.Single(hub.Calls, call => call.StartsWith("storage GET"));
    }

    [Fact]
    public async Task The_commands_tell_what_they_find_and_never_the_token()
    {
        hub.Add("org/model").With("config.json", "{}").With("tokenizer.json", "{}").With("model.safetensors", Weights(1000));
        hub.Add("org/rows", "datasets").With("train.jsonl", "{}").With("README.md", "---\nconfigs:\n- config_name: a\n  data_files: train.jsonl\n---");

        Outcome[] outcomes =
        [
            await Run("hub", "search", "model"), await Run("hub", "info", "org/model"), await Run("hub", "info", "org/rows", "--data", "--json"), await Run("hub", "whoami"),
            await Run("hub", "download", "org/rows", "--data", "--json"), await Run("hub", "download", "org/model", "--debug"), await Run("hub", "cache", "list"),
        ];
        Assert.All(outcomes, outcome => Assert.True(outcome.Code == 0, outcome.Error));
        Assert.All(outcomes, outcome => Assert.DoesNotContain(hub.Token, outcome.Output + outcome.Error));
        Assert.Contains("org/model", outcomes[0].Output);
        Assert.Contains("model.safetensors", outcomes[1].Output);
        Assert.Contains("\"configs\":{\"a\":[\"train\"]}", outcomes[2].Output);
        Assert.StartsWith("somebody (token from HF_TOKEN)", outcomes[3].Output);
        Assert.Contains("org/rows", outcomes[6].Output);
        Assert.Equal(0, (await Run("hub", "cache", "remove", "org/model")).Code);
        Assert.DoesNotContain("org/model", (await Run("hub", "cache", "list")).Output);
        Assert.DoesNotContain(Directory.EnumerateFiles(place.In("cache"), "*", SearchOption.AllDirectories), file => File.ReadAllText(file).Contains(hub.Token));
    }

    [Fact]
    public async Task A_run_of_names_of_the_Hub_trains_and_its_model_and_data_serve_without_it()
    {
        await TinyModel.Make(place.In("made"), place);
        var model = hub.Add("org/tiny");
        foreach (var file in Directory.EnumerateFiles(place.In("made"))) model.With(Path.GetFileName(file), File.ReadAllBytes(file), isLarge: file.EndsWith(".safetensors"));
        hub.Add("org/rows", "datasets").With("train.jsonl", File.ReadAllText(place.In("rows.jsonl"))).With("README.md", "# rows");
        File.WriteAllText(place.In("hub.yaml"), "model: org/tiny\ndataset: org/rows[train:30,test:10]\ntrain_steps: 2\nbatch_size: 4\nmax_length: 128\ndtype: float32\nsample_count: 0\n");
        File.WriteAllText(place.In("wrong.yaml"), "model: org/tiny\ndataset: org/rows\nbatch_size: 0\n");

        var wrong = await Run("train", "wrong.yaml", "--run-dir", "none");
        Assert.Equal((2, 0), (wrong.Code, hub.Calls.Count));
        var plan = await Run("plan", "hub.yaml", "--json");
        Assert.True(plan.Code == 0, plan.Output + plan.Error);
        var trained = await Run("train", "hub.yaml", "--run-dir", "run", "--json");
        Assert.True(trained.Code == 0, trained.Error);
        hub.Calls.Clear();
        var environment = Environment();
        environment["HF_HUB_OFFLINE"] = "1";
        var again = await Executable.Run(["train", "hub.yaml", "--run-dir", "again"], place.Folder, environment: environment);
        var sampled = await Executable.Run(["sample", "--model", "org/tiny", "--prompt", "ab", "--no-template", "--max-new-tokens", "4"], place.Folder, environment: environment);
        var missing = await Executable.Run(["sample", "--model", "org/other", "--prompt", "ab"], place.Folder, environment: environment);

        Assert.True(again.Code == 0, again.Error);
        Assert.True(sampled.Code == 0, sampled.Error);
        Assert.Empty(hub.Calls);
        Assert.Contains($"/models--org--tiny/snapshots/{model.Main}", File.ReadAllText(place.In("run/config.yaml")));
        Assert.Equal(2, missing.Code);
        Assert.Contains("no folder org/other here", Assert.Single(missing.ErrorLines));
        Assert.Contains("HF_HUB_OFFLINE", missing.Error);
    }

    [Fact]
    public async Task Configurations_that_dllm_joins_are_joined_and_rows_chosen_by_language()
    {
        hub.Add("OpenCoder-LLM/opc-sft-stage1", "datasets").With("a/train.jsonl", Answers("python a", "java b")).With("b/train.jsonl", Answers("java c", "python d", "python e"))
            .With("README.md", "---\nconfigs:\n- config_name: a\n  data_files: a/train.jsonl\n- config_name: b\n  data_files: b/train.jsonl\n---");
        File.WriteAllText(place.In("joined.yaml"), "model_architecture: bert\nmodel_size: tiny\nvocabulary: character\ndataset: OpenCoder-LLM/opc-sft-stage1[lang:python]\neval_split: 0\neval_strategy: no\nbatch_size: 1\nmax_length: 64\ntrain_steps: 1\n");
        var plan = await Run("plan", "joined.yaml");
        Assert.True(plan.Code == 0, plan.Output + plan.Error);
        Assert.Contains("3 ", plan.Output.Split('\n').First(line => line.TrimStart().StartsWith("rows", StringComparison.OrdinalIgnoreCase)));

        static string Answers(params string[] outputs) => string.Concat(outputs.Select(output => $$"""{"instruction": "write", "output": "{{output}}"}""" + "\n"));
    }

    [Fact]
    public async Task Without_a_network_it_is_one_line()
    {
        var environment = Environment();
        environment["HF_ENDPOINT"] = "http://127.0.0.1:9";
        var gone = await Executable.Run(["hub", "download", "org/model"], place.Folder, environment: environment);
        environment["HF_HUB_OFFLINE"] = "1";
        var offline = await Executable.Run(["hub", "search", "x"], place.Folder, environment: environment);

        Assert.Equal((2, 2), (gone.Code, offline.Code));
        Assert.Single(gone.ErrorLines);
        Assert.Contains("HF_HUB_OFFLINE", Assert.Single(offline.ErrorLines));
    }

    private Task<Outcome> Run(params string[] arguments) => Executable.Run(arguments, place.Folder, environment: Environment());

    private Dictionary<string, string> Environment() => new()
    {
        ["HF_ENDPOINT"] = hub.Address,
        ["HF_HOME"] = place.In("home"),
        ["HF_HUB_CACHE"] = place.In("cache"),
        ["HF_TOKEN"] = hub.Token,
        ["HF_HUB_OFFLINE"] = "",
    };

    private static long Length(string path) => File.Exists(path) ? new FileInfo(path).Length : -1;

    private static byte[] Weights(int bytes)
    {
        byte[] weights = new byte[bytes];
        new Random(3).NextBytes(weights);
        return weights;
    }
}
