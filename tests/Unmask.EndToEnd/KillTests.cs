using System.Diagnostics;
using Unmask.Testing;
using Xunit;

namespace Unmask.EndToEnd;

/// <summary>
/// Runs whose process is killed, at any moment and as often as you like, end at the same bits as the one that was left alone. UNMASK_KILLS is the number of
/// kills over all of them; each has a few by default.
/// </summary>
public sealed class KillTests(ReferenceRuns references) : IClassFixture<ReferenceRuns>, IDisposable
{
    /// <summary>Rows of the theory below.</summary>
    private const int Runs = 8;

    private readonly Workplace place = new();

    public void Dispose() => place.Dispose();

    /// <summary>When a process is killed.</summary>
    public enum Moment
    {
        /// <summary>Any time between its start and its end.</summary>
        Any,

        /// <summary>While it trains: some time after it wrote its first event after training began.</summary>
        Training,

        /// <summary>While it saves: a checkpoint is half written.</summary>
        Saving,

        /// <summary>While it writes the final model.</summary>
        WritingModel,
    }

    [Theory]
    [InlineData("plain", 3, Moment.Any, Moment.Saving, Moment.WritingModel)]
    [InlineData("bf16-accumulated", 1, Moment.Training, Moment.Saving)]
    [InlineData("float16", 1, Moment.Saving, Moment.Training)]
    [InlineData("dropout-grouped", 1, Moment.Training, Moment.Any)]
    [InlineData("modernbert", 1, Moment.Saving, Moment.Training)]
    [InlineData("dream", 1, Moment.Training, Moment.Any)]
    [InlineData("llada", 1, Moment.Training, Moment.Any)]
    [InlineData("lora", 2, Moment.Training, Moment.WritingModel, Moment.Saving)]
    public async Task A_killed_run_goes_on_to_the_same_bits(string settings, int usual, params Moment[] moments)
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("The kill signal is that of Unix.");
        var reference = await references.Of(settings);
        var run = place.In("run");
        var kills = Math.Max(usual, Scale.Of("UNMASK_KILLS", 1) / Runs);
        var (done, ended) = (0, 0);
        while (done < kills)
        {
            var moment = moments[done % moments.Length];
            using var process = Executable.Start(await NextCommand(settings), place.Folder, ReferenceRuns.Environment);
            var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await WaitFor(moment, process, run, reference.Took);
            process.Kill();
            await process.WaitForExitAsync();
            if (process.ExitCode == 128 + 9)
            {
                done++;
                ended = 0;
            }

            if (process.ExitCode == 128 + 9 && (done == kills || !IsDone(run))) continue;

            // It was quicker than the kill, or all but ended: the run is done, and the next one starts.
            Assert.True(process.ExitCode is 0 or 128 + 9, $"exit code {process.ExitCode}\n{await output}\n{await error}");
            reference.AssertReached(run);
            Directory.Delete(run, recursive: true);
            Assert.True(++ended < 20, $"the process was not caught at the moment {moment}");
        }

        // It may have been killed between its last event and its end.
        if (!IsDone(run))
        {
            var outcome = await Executable.Run(await NextCommand(settings), place.Folder, environment: ReferenceRuns.Environment);
            Assert.True(outcome.Code == 0, $"exit code {outcome.Code}\n{outcome.Output}\n{outcome.Error}");
        }

        reference.AssertReached(run);
    }

    [Fact]
    public async Task A_stopped_run_says_143_and_goes_on_to_the_same_bits()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("Windows has no SIGTERM.");
        var reference = await references.Of("plain");
        await references.CopyStopped(place);
        var outcome = await Resume();

        Assert.True(outcome.Code == 0, $"exit code {outcome.Code}\n{outcome.Output}\n{outcome.Error}");
        reference.AssertReached(place.In("run"));
    }

    [Theory, InlineData("model.safetensors", true), InlineData("optimizer.safetensors", false), InlineData("manifest.json", true)]
    public async Task A_damaged_checkpoint_is_passed_over_in_one_line_and_the_bits_stay_the_same(string file, bool flip)
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("Windows has no SIGTERM.");
        var reference = await references.Of("plain");
        await references.CopyStopped(place);
        var newest = Directory.EnumerateDirectories(place.In("run/checkpoints")).Order(StringComparer.Ordinal).Last();
        using (var damaged = File.Open(Path.Combine(newest, file), FileMode.Open))
        {
            if (flip) Flip(damaged, damaged.Length / 2);
            else damaged.SetLength(damaged.Length - 1);
        }

        var outcome = await Resume();

        Assert.True(outcome.Code == 0, $"exit code {outcome.Code}\n{outcome.Output}\n{outcome.Error}");
        var told = Assert.Single((outcome.Output + outcome.Error).Split('\n'), line => line.Contains("is not used because"));
        Assert.Contains(Path.GetFileName(newest), told);
        Assert.Contains(file, told);
        Assert.EndsWith("is used instead.", told.TrimEnd());
        reference.AssertReached(place.In("run"));
        Assert.DoesNotContain(Directory.EnumerateDirectories(place.In("run/checkpoints")), folder => Path.GetFileName(folder).StartsWith("damaged-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_run_that_is_done_is_not_trained_again()
    {
        var reference = await references.Of("plain");
        Workplace.Copy(reference.Run, place.In("run"));
        var again = await Resume();

        Assert.Equal(2, again.Code);
        Assert.Contains("is done already", again.Error);
        reference.AssertReached(place.In("run"));
    }

    private static void Flip(FileStream file, long at)
    {
        file.Position = at;
        var one = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(one ^ 0x10));
    }

    private static bool IsDone(string run) =>
        File.Exists(Path.Combine(run, "events.jsonl")) && File.ReadAllText(Path.Combine(run, "events.jsonl")).Contains("\"event\":\"run_finished\"");

    /// <summary>Starts the run, or goes on with it when there is one; what a process left that did not live to write its settings is no run yet.</summary>
    private async Task<string[]> NextCommand(string settings)
    {
        if (File.Exists(place.In("run/config.yaml"))) return ["train", "--resume", place.In("run")];
        if (Directory.Exists(place.In("run"))) Directory.Delete(place.In("run"), recursive: true);
        return await ReferenceRuns.Command(place, settings);
    }

    private Task<Outcome> Resume() => Executable.Run(["train", "--resume", place.In("run")], place.Folder, environment: ReferenceRuns.Environment);

    private static async Task WaitFor(Moment moment, Process process, string run, TimeSpan took)
    {
        switch (moment)
        {
            case Moment.Any:
                await Task.Delay(took * Random.Shared.NextDouble());
                break;
            case Moment.Training:
                var before = Steps(run);
                while (!process.HasExited && Steps(run) == before) await Task.Delay(1);
                await Task.Delay(Random.Shared.Next(300));
                break;
            case Moment.Saving:
                // Not always the first save after the start.
                for (var save = Random.Shared.Next(3); save >= 0; save--) await Draft(process, Path.Combine(run, "checkpoints"), ".tmp-step-*");
                await Task.Delay(Random.Shared.Next(20));
                break;
            case Moment.WritingModel:
                await Draft(process, run, ".tmp-outputs");
                break;
        }
    }

    /// <summary>Waits until a folder in the making appears, after the one that may be there has gone.</summary>
    private static async Task Draft(Process process, string parent, string name)
    {
        bool There() => Directory.Exists(parent) && Directory.EnumerateDirectories(parent, name).Any();
        while (!process.HasExited && There()) await Task.Delay(1);
        while (!process.HasExited && !There()) await Task.Delay(1);
    }

    /// <summary>Number of the last step that the log tells of.</summary>
    private static string? Steps(string run) =>
        !File.Exists(Path.Combine(run, "events.jsonl")) ? null : ReadShared(Path.Combine(run, "events.jsonl")).LastOrDefault(line => line.Contains("\"event\":\"step_logged\""))?.Split("\"step\":")[1].Split(',')[0];

    private static string[] ReadShared(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return reader.ReadToEnd().Split('\n');
    }
}
