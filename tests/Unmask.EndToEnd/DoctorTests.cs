using System.Text.Json.Nodes;
using Xunit;

namespace Unmask.EndToEnd;

/// <summary><c>unmask doctor</c> on a device and with another LibTorch.</summary>
public sealed class DoctorTests : IDisposable
{
    private readonly Workplace place = new();

    public void Dispose() => place.Dispose();

    [Fact]
    public async Task The_CPU_computes_what_the_original_programs_did()
    {
        var outcome = await Executable.Run("doctor", "--full", "--device", "cpu", "--json");

        Assert.True(outcome.Code == 0, outcome.Output + outcome.Error);
        var report = JsonNode.Parse(outcome.Output)!;
        var checks = report["checks"]!.AsArray();
        Assert.All(checks, check => Assert.Contains((string)check!["state"]!, new[] { "passed", "skipped" }));
        foreach (var word in (string[])["bert: logits", "dream: 8 training steps", "llada: 8 steps of a LoRA adapter", "modernbert: greedy generation", "NF4", "2 ranks match 1 process"])
        {
            Assert.Contains(checks, check => ((string)check!["name"]!).Contains(word, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_device_that_is_not_there_is_told_before_anything_is_computed()
    {
        var outcome = await Executable.Run("doctor", "--full", "--device", "cuda:4000");

        Assert.Equal(2, outcome.Code);
        Assert.Contains("cuda:4000", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await Executable.Run("doctor", "--device", "cpu")).Code);
    }

    [Fact]
    public async Task LibTorch_is_taken_from_the_folder_that_is_named()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("The libraries of this build are looked for as Linux has them.");
        var own = Path.Combine(Path.GetDirectoryName(Executable.Path)!, "runtimes", "linux-x64", "native");
        Directory.CreateDirectory(place.In("torch/lib"));
        foreach (var file in Directory.GetFiles(own).Where(file => !file.Contains("LibTorchSharp", StringComparison.Ordinal))) File.CreateSymbolicLink(place.In($"torch/lib/{Path.GetFileName(file)}"), file);
        var outcome = await With(place.In("torch/lib"));
        Assert.True(outcome.Code == 0, outcome.Output + outcome.Error);
        Assert.Equal(place.In("torch/lib"), (string)JsonNode.Parse(outcome.Output)!["findings"]!["engine"]!["facts"]!["libtorch_folder"]!);

        // What the files beside it say is believed before a library is loaded.
        File.WriteAllText(place.In("torch/version.py"), "__version__ = '2.7.1+cu126'\n");
        Assert.Contains("2.7.1; 2.10 is needed", Problem(await With(place.In("torch/lib"))), StringComparison.Ordinal);
        Assert.Contains("there is no libtorch_cpu.so", Problem(await With(place.Folder)), StringComparison.Ordinal);
        File.Delete(place.In("torch/version.py"));
        File.Delete(place.In("torch/lib/libc10.so"));
        File.Delete(place.In("torch/lib/libtorch_cpu.so"));
        File.WriteAllText(place.In("torch/lib/libtorch_cpu.so"), "no library");
        Assert.Contains("cannot be loaded", Problem(await With(place.In("torch/lib"))), StringComparison.Ordinal);
    }

    private static Task<Outcome> With(string folder) =>
        Executable.Run(["doctor", "--json"], folder: null, environment: new Dictionary<string, string> { ["UNMASK_LIBTORCH"] = folder });

    private static string Problem(Outcome outcome)
    {
        Assert.Equal(2, outcome.Code);
        return (string)JsonNode.Parse(outcome.Output)!["findings"]!["engine"]!["problem"]!;
    }
}
