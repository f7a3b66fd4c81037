using System.Globalization;
using Xunit;

namespace Unmask.EndToEnd;

/// <summary>What loading takes, seen on a process that does nothing else.</summary>
public sealed class LoadingMemoryTests
{
    [Fact]
    public async Task A_model_is_never_whole_in_memory_before_it_is_in_4_bits()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("The peak of memory is read from /proc.");
        using var place = new Workplace();
        await Make(place, "tiny");
        await Make(place, "base");
        var bytes = Directory.EnumerateFiles(place.In("base"), "*.safetensors").Sum(file => new FileInfo(file).Length);
        Assert.InRange(bytes, 200_000_000, long.MaxValue);

        // Beside a model that is nothing: half a byte for each 2, one weight as it was, and a piece of the file.
        var taken = await PeakOfQuantizing(place, "base") - await PeakOfQuantizing(place, "tiny");
        Assert.InRange(taken, bytes / 4, bytes * 0.26 + (48 << 20));
    }

    private static async Task Make(Workplace place, string size)
    {
        var made = await Executable.Run(["model", "new", "--architecture", "modernbert", "--size", size, "--dtype", "bfloat16", "--learn", "character", "--dataset", "rows.jsonl", "--output", size], place.Folder);
        Assert.True(made.Code == 0, made.Error);
    }

    /// <summary>Bytes of memory at the peak of <c>unmask model export --quantization nf4</c>.</summary>
    private static async Task<long> PeakOfQuantizing(Workplace place, string size)
    {
        using var process = Executable.Start(["model", "export", "--model", size, "--output", size + "-nf4", "--quantization", "nf4"], place.Folder);
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        var peak = 0L;
        while (!process.HasExited)
        {
            peak = Math.Max(peak, Peak(process.Id));
            await Task.Delay(10);
        }

        Assert.True(process.ExitCode == 0, await error + await output);
        return peak;
    }

    private static long Peak(int process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line["VmHWM:".Length..^2], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture) * 1024;
        }
        catch (IOException)
        {
            return 0; // It has just ended.
        }
    }
}
