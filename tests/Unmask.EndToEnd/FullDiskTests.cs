using Xunit;

namespace Unmask.EndToEnd;

/// <summary>A disk that fills up: before the first step nothing is left behind, afterwards nothing is lost.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly Workplace place = new();

    public void Dispose() => place.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(8 << 10)]
    [InlineData(24 << 10)]
    [InlineData(48 << 10)]
    public async Task A_disk_without_room_is_told_and_no_run_stays_there(int free)
    {
        using var disk = await SmallDisk.Mount();
        disk.LeaveFree(free);

        var outcome = await Executable.Run(["train", place.Recipe(), "--run-dir", disk["run"]], place.Folder);

        Assert.True(outcome.Code == 2, $"exit code {outcome.Code}\n{outcome.Output}\n{outcome.Error}");
        Assert.Matches("The disk is full|of disk, and .* are free", outcome.Error);
        Assert.DoesNotContain("--resume", outcome.Error);
        Assert.DoesNotContain("   at ", outcome.Error);
        Assert.Equal([disk["filler"]], Directory.EnumerateFileSystemEntries(disk.Folder));
    }

    [Fact]
    public async Task The_mounted_disk_itself_may_be_the_run_folder()
    {
        using var disk = await SmallDisk.Mount();

        var wrong = await Executable.Run(["train", place.Recipe(), "--run-dir", disk.Folder, "--set", "max_length=4"], place.Folder);
        Assert.True(wrong.Code == 2, wrong.Error);
        Assert.Empty(Directory.EnumerateFileSystemEntries(disk.Folder));

        var right = await Executable.Run(["train", place.Recipe(), "--run-dir", disk.Folder], place.Folder);
        Assert.True(right.Code == 0, $"exit code {right.Code}\n{right.Output}\n{right.Error}");
        Assert.True(File.Exists(disk["outputs/model.safetensors"]));
    }

    [Fact]
    public async Task A_run_whose_disk_fills_up_goes_on_once_there_is_room()
    {
        using var disk = await SmallDisk.Mount();
        using var process = Executable.Start(
            ["train", place.Recipe(), "--run-dir", disk["run"], "--json", "--set", "train_steps=5000", "--set", "save_steps=4", "--set", "save_total_limit=1", "--set", "eval_strategy=no"], place.Folder);
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        while (await process.StandardOutput.ReadLineAsync() is { } line && !line.Contains("checkpoint_saved", StringComparison.Ordinal))
        {
        }

        disk.LeaveFree(0);
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.True(process.ExitCode == 2, $"exit code {process.ExitCode}\n{await error}");
        Assert.Contains("The disk is full", await error);
        Assert.Contains($"unmask train --resume {disk["run"]}", await error);

        disk.Free();
        using var resumed = Executable.Start(["train", "--resume", disk["run"], "--json"], place.Folder);
        resumed.StandardInput.Close();
        var first = await FirstStep(resumed);
        resumed.Kill();
        await resumed.WaitForExitAsync();
        Assert.True(first > 4, $"it went on with step {first}");
    }

    private static async Task<long> FirstStep(System.Diagnostics.Process process)
    {
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            using var json = System.Text.Json.JsonDocument.Parse(line);
            if (json.RootElement.GetProperty("event").GetString() == "step_logged") return json.RootElement.GetProperty("step").GetInt64();
        }

        return 0;
    }
}
