using System.Diagnostics;
using Unmask.Core.Jobs;
using Unmask.Core.Jobs.Registry;
using Unmask.Core.Jobs.Status;
using Unmask.Core.Parameters.Recipes;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Jobs;

/// <summary>A run whose folder cannot be read is shown as such, with why, and hides and stops nothing else.</summary>
public sealed class DamagedRunTests : IDisposable
{
    private readonly StrangeRuns runs = new();

    public DamagedRunTests() => runs.Write("runs/good", StrangeRuns.WholeRun);

    public void Dispose() => runs.Dispose();

    public static TheoryData<string, byte[]> Settings => new()
    {
        { "torn", ": {\r\u0002"u8.ToArray() },
        { "zeros", new byte[4096] },
        { "empty", [] },
        { "an alias in itself", "? &a [*a]\n: 1\n"u8.ToArray() },
        { "deep", [.. Enumerable.Repeat((byte)'[', 60_000)] },
        { "dashes", [.. Enumerable.Repeat("- "u8.ToArray(), 60_000).SelectMany(dash => dash)] },
        { "a list", "- 1\n- 2\n"u8.ToArray() },
        { "an empty comment before a colon", "#\0: ."u8.ToArray() },
        { "no text", [0xff, 0xfe, 0x80, 0x00, 0xd8] },
    };

    [Theory, MemberData(nameof(Settings))]
    public async Task Settings_that_cannot_be_read_are_told(string what, byte[] config)
    {
        runs.Write("runs/bad", StrangeRuns.WholeRun);
        await File.WriteAllBytesAsync(runs.Folder["runs/bad/config.yaml"], config, TestContext.Current.CancellationToken);
        await using var scheduler = runs.Open();
        scheduler.Turn();
        Unreadable(scheduler, "config.yaml", what);
        Assert.Null(scheduler.SettingsOrNull("bad"));
        Assert.Throws<UserError>(() => scheduler.Queue.Resume("bad"));

        await File.WriteAllTextAsync(runs.Folder["runs/bad/config.yaml"], ConfigFile.Write(runs.Settings), TestContext.Current.CancellationToken);
        scheduler.Discover();
        Assert.Equal((RunStatus.Succeeded, null), (scheduler.Find("bad")!.Status, scheduler.Find("bad")!.Problem));
    }

    [Theory]
    [InlineData("config.yaml")]
    [InlineData("events.jsonl")]
    public async Task A_folder_or_a_pipe_in_place_of_a_file_is_told(string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no named pipes of that kind.");
        runs.Write("runs/bad", StrangeRuns.WholeRun);
        runs.Write("runs/worse", StrangeRuns.WholeRun);
        File.Delete(runs.Folder[$"runs/bad/{name}"]);
        File.Delete(runs.Folder[$"runs/worse/{name}"]);
        Directory.CreateDirectory(runs.Folder[$"runs/worse/{name}"]);
        using (var mkfifo = Process.Start("mkfifo", [runs.Folder[$"runs/bad/{name}"]])) await mkfifo.WaitForExitAsync(TestContext.Current.CancellationToken);
        await using var scheduler = runs.Open();
        scheduler.Turn();
        Unreadable(scheduler, name, name);
        Assert.Equal(RunStatus.Unreadable, name == "config.yaml" ? scheduler.Find("worse")!.Status : RunStatus.Unreadable);
        _ = scheduler.Feed.PositionOf("bad");
        Assert.Empty(scheduler.History("bad")!.Log.Page().Lines);
    }

    [Fact]
    public async Task Pipes_in_place_of_the_other_files_keep_nobody_waiting()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no named pipes of that kind.");
        runs.Write("home/runs/bad", StrangeRuns.WholeRun);
        foreach (var name in (string[])["job.json", "run.lock", "process.json", "stop.json", "log.txt", "wandb.json"])
        {
            using var mkfifo = Process.Start("mkfifo", [runs.Folder[$"home/runs/bad/{name}"]]);
            await mkfifo.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        await using var scheduler = runs.Open();
        scheduler.Turn();
        Assert.Contains("job.json", scheduler.Find("bad")!.Problem, StringComparison.Ordinal);
        Assert.Equal(RunStatus.Succeeded, scheduler.Find("bad")!.Status);
        Assert.Empty(scheduler.History("bad")!.Log.Page().Lines);
        Assert.Throws<UserError>(() => scheduler.Storage.Delete("bad", RunParts.All));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"id":"x"}""")]
    [InlineData("""{"id":"x","name":"y","created":"2026-01-31T12:00:00+00:00","state":"splendid"}""")]
    [InlineData("""{"id":"x","name":null,"created":"2026-01-31T12:00:00+00:00","state":"queued"}""")]
    [InlineData("""{"id":"x","name":"y","created":"2026-01-31T12:00:00+00:00","state":"queued","tags":[null]}""")]
    [InlineData("""{"id":"x","name":"y","created":"2026-01-31T12:00:00+00:00","state":"queued","attempts":null}""")]
    [InlineData("""{"id":"x","name":"\ud800","created":"2026-01-31T12:00:00+00:00","state":"queued"}""")]
    public async Task A_job_that_cannot_be_read_is_told_and_the_run_itself_counts(string job)
    {
        runs.Write("home/runs/bad", StrangeRuns.WholeRun);
        runs.Folder.Write("home/runs/bad/job.json", job);
        await using var scheduler = runs.Open();
        scheduler.Turn();
        var run = scheduler.Find("bad")!;
        Assert.Equal(RunStatus.Succeeded, run.Status);
        Assert.Contains("job.json cannot be read", run.Problem, StringComparison.Ordinal);
        Assert.Equal(run.Problem, RunGlance.Read(run.Path).Problem);
        scheduler.Rename("bad", "mended");
        Assert.Null(scheduler.Find("bad")!.Problem);
    }

    [Fact]
    public async Task Times_at_the_ends_of_the_calendar_end_no_turn()
    {
        runs.Write("home/runs/bad", StrangeRuns.WholeRun.SkipLast(1));
        runs.Folder.Write("home/runs/bad/job.json", """{"id":"bad","name":"y","created":"0001-01-01T00:00:00+00:00","state":"running","order":1e308,"attempts":[{"process_id":-5,"process_started":"0001-01-01T00:00:00+00:00"}]}""");
        await using var scheduler = runs.Open();
        scheduler.Turn();
        Assert.Null(scheduler.Trouble);
        Assert.Equal(RunStatus.Interrupted, scheduler.Find("bad")!.Status);
    }

    [Fact]
    public async Task A_run_without_its_settings_is_not_hidden()
    {
        runs.Write("runs/bad", StrangeRuns.WholeRun);
        File.Delete(runs.Folder["runs/bad/config.yaml"]);
        await using var scheduler = runs.Open();
        Unreadable(scheduler, "config.yaml", "");
    }

    [Fact]
    public async Task A_run_that_cannot_be_started_keeps_no_other_from_its_device_and_is_tried_again()
    {
        var clock = new Moving();
        await using var scheduler = runs.Open(clock: clock);
        scheduler.Queue.Pause();
        var (stuck, next) = (scheduler.Creator.Enqueue(runs.Settings), scheduler.Creator.Enqueue(runs.Settings));
        var record = Path.Combine(scheduler.Find(stuck)!.Path, "job.json");
        File.Move(record, record + ".kept");
        Directory.CreateDirectory(record);
        scheduler.Queue.Unpause();

        scheduler.Turn();

        Assert.Equal((RunStatus.Queued, true), (scheduler.Find(stuck)!.Status, scheduler.Find(next)!.IsLive));
        Assert.StartsWith("could not be started, and is tried again soon: ", scheduler.Find(stuck)!.WaitsFor, StringComparison.Ordinal);
        Assert.Contains("job.json", scheduler.Find(stuck)!.WaitsFor, StringComparison.Ordinal);

        Directory.Delete(record);
        File.Move(record + ".kept", record);
        clock.Now += TimeSpan.FromMinutes(1);
        for (var patience = 0; !scheduler.Find(stuck)!.IsLive && patience < 200; patience++)
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
            scheduler.Turn();
        }

        Assert.True(scheduler.Find(stuck)!.Attempts == 1, scheduler.Trouble);
    }

    private sealed class Moving : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UtcNow;

        public override DateTimeOffset GetUtcNow() => Now;
    }

    [Fact]
    public async Task An_id_that_was_given_is_not_given_again()
    {
        await using var scheduler = RunScheduler.Open(Core.Workspaces.Workspace.Open(runs.Folder["home"]), clock: new Frozen());
        scheduler.Queue.Pause();
        var first = scheduler.Creator.Enqueue(runs.Settings);
        scheduler.Queue.Cancel(first);
        scheduler.Storage.Delete(first, RunParts.All);
        var second = scheduler.Creator.Enqueue(runs.Settings);
        scheduler.Queue.Cancel(second);
        scheduler.Storage.Delete(second, RunParts.All);
        Assert.Equal(3, new[] { first, second, scheduler.Creator.Enqueue(runs.Settings) }.Distinct().Count());
    }

    [Fact]
    public async Task Links_in_circles_take_no_room_and_are_deleted_as_links()
    {
        var run = runs.Write("runs/bad", StrangeRuns.WholeRun);
        var outside = runs.Folder.Write("keep/precious", "precious");
        Directory.CreateSymbolicLink(Path.Combine(run, "loop"), run);
        Directory.CreateSymbolicLink(Path.Combine(run, "again"), "..");
        Directory.CreateSymbolicLink(Path.Combine(run, "outputs"), runs.Folder["keep"]);
        await using var scheduler = runs.Open();
        Assert.InRange(scheduler.Storage.SizesOf("bad").All, 1, 20_000);
        Assert.InRange(scheduler.Storage.DiskUse().Rest, 1, 40_000);
        scheduler.Storage.Delete("bad", RunParts.All);
        Assert.False(Directory.Exists(run));
        Assert.Equal("precious", await File.ReadAllTextAsync(outside, TestContext.Current.CancellationToken));
    }

    private static void Unreadable(RunScheduler scheduler, string name, string what)
    {
        var bad = scheduler.Find("bad")!;
        Assert.True(bad.Status == RunStatus.Unreadable, $"{what}: {bad.Status}");
        Assert.Contains(name, bad.Problem, StringComparison.Ordinal);
        Assert.Equal((RunStatus.Unreadable, bad.Problem), (RunGlance.Read(bad.Path).Status, RunGlance.Read(bad.Path).Problem));
        Assert.Equal((RunStatus.Succeeded, null), (scheduler.Find("good")!.Status, scheduler.Find("good")!.Problem));
        Assert.Null(scheduler.Trouble);
    }

    private sealed class Frozen : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    }
}
