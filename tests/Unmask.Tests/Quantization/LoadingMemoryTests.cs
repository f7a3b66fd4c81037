using System.Globalization;

using Unmask.Engine.Models;

using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Quantization;

/// <summary>Apart from all other tests, which allocate in the same process.</summary>
[CollectionDefinition(nameof(LoadingMemoryTests), DisableParallelization = true)]
[Collection(nameof(LoadingMemoryTests))]
public sealed class LoadingMemoryTests
{
    [Fact]
    public void A_model_is_never_whole_in_memory_before_it_is_in_4_bits()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("The peak of memory is read from /proc.");
        using var folder = new TemporaryFolder();
        var config = NewModel.Configure(ModelCatalog.Named("modernbert"), "base", new VocabularyFacts(50) { Pad = 0, Mask = 4 });
        Directory.CreateDirectory(folder["model"]);
        NewModel.Write(folder["model"], config, seed: 1, ScalarType.BFloat16);
        var before = Memory("VmRSS");
        File.WriteAllText("/proc/self/clear_refs", "5"); // forgets the peak so far
        using var model = ModelFolder.Open(folder["model"]).Load(in4Bit: true).Model;
        var weights = model.Quantised!.ByName.Values.Sum(weight => weight.Elements);
        Assert.Equal(4.127, model.Quantised.Bytes * 8.0 / weights, 3);
        Assert.InRange(config.ParameterCount, weights, weights * 1.01);

        // Half a byte a weight, one weight as it was, pieces of 16 MB of the file and of what is being quantised; and the 64 MB by which the heap grows.
        var most = model.Quantised.Bytes + (128 << 20);
        Assert.InRange(Memory("VmHWM") - before, 0, most);
        Assert.True(model.Quantised.Bytes + 2 * weights > 1.4 * most, "the model is too small to tell");
    }

    private static long Memory(string what) =>
        long.Parse(File.ReadLines("/proc/self/status").Single(line => line.StartsWith(what + ":", StringComparison.Ordinal))[(what.Length + 1)..^2], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture) * 1024;
}
