using System.Diagnostics;
using Unmask.Core.Jobs;
using Unmask.Core.Parameters;
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
        await using var board = runs.Open();
        board.Turn();
        Unreadable(board, "config.yaml", what);
        Assert.Null(board.SettingsOrNull("bad"));
        Assert.Throws<UserError>(() => board.Resume("bad"));

        await File.WriteAllTextAsync(runs.Folder["runs/bad/config.yaml"], ConfigFile.Write(runs.Settings), TestContext.Current.CancellationToken);
        board.Discover();
        Assert.Equal((RunStatus.Succeeded, null), (board.Find("bad")!.Status, board.Find("bad")!.Problem));
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
        await using var board = runs.Open();
        board.Turn();
        Unreadable(board, name, name);
        Assert.Equal(RunStatus.Unreadable, name == "config.yaml" ? board.Find("worse")!.Status : RunStatus.Unreadable);
        _ = board.PositionOf("bad");
        Assert.Empty(board.History("bad")!.Log.Page().Lines);
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

        await using var board = runs.Open();
        board.Turn();
        Assert.Contains("job.json", board.Find("bad")!.Problem, StringComparison.Ordinal);
        Assert.Equal(RunStatus.Succeeded, board.Find("bad")!.Status);
        Assert.Empty(board.History("bad")!.Log.Page().Lines);
        Assert.Throws<UserError>(() => board.Delete("bad", RunParts.All));
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
        await using var board = runs.Open();
        board.Turn();
        var run = board.Find("bad")!;
        Assert.Equal(RunStatus.Succeeded, run.Status);
        Assert.Contains("job.json cannot be read", run.Problem, StringComparison.Ordinal);
        Assert.Equal(run.Problem, RunGlance.Read(run.Path).Problem);
        board.Rename("bad", "mended");
        Assert.Null(board.Find("bad")!.Problem);
    }

    [Fact]
    public async Task Times_at_the_ends_of_the_calendar_end_no_turn()
    {
        runs.Write("home/runs/bad", StrangeRuns.WholeRun.SkipLast(1));
        runs.Folder.Write("home/runs/bad/job.json", """{"id":"bad","name":"y","created":"0001-01-01T00:00:00+00:00","state":"running","order":1e308,"attempts":[{"process_id":-5,"process_started":"0001-01-01T00:00:00+00:00"}]}""");
        await using var board = runs.Open();
        board.Turn();
        Assert.Null(board.Trouble);
        Assert.Equal(RunStatus.Interrupted, board.Find("bad")!.Status);
    }

    [Fact]
    public async Task A_run_without_its_settings_is_not_hidden()
    {
        runs.Write("runs/bad", StrangeRuns.WholeRun);
        File.Delete(runs.Folder["runs/bad/config.yaml"]);
        await using var board = runs.Open();
        Unreadable(board, "config.yaml", "");
    }

    [Fact]
    public async Task A_run_that_cannot_be_started_keeps_no_other_from_its_device_and_is_tried_again()
    {
        var clock = new Moving();
        await using var board = runs.Open(clock: clock);
        board.PauseQueue();
        var (stuck, next) = (board.Enqueue(runs.Settings), board.Enqueue(runs.Settings));
        var record = Path.Combine(board.Find(stuck)!.Path, "job.json");
        File.Move(record, record + ".kept");
        Directory.CreateDirectory(record);
        board.ResumeQueue();

        board.Turn();

        Assert.Equal((RunStatus.Queued, true), (board.Find(stuck)!.Status, board.Find(next)!.IsLive));
        Assert.StartsWith("could not be started, and is tried again soon: ", board.Find(stuck)!.WaitsFor, StringComparison.Ordinal);
        Assert.Contains("job.json", board.Find(stuck)!.WaitsFor, StringComparison.Ordinal);

        Directory.Delete(record);
        File.Move(record + ".kept", record);
        clock.Now += TimeSpan.FromMinutes(1);
        for (var patience = 0; !board.Find(stuck)!.IsLive && patience < 200; patience++)
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
            board.Turn();
        }

        Assert.True(board.Find(stuck)!.Attempts == 1, board.Trouble);
    }

    private sealed class Moving : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UtcNow;

        public override DateTimeOffset GetUtcNow() => Now;
    }

    [Fact]
    public async Task An_id_that_was_given_is_not_given_again()
    {
        await using var board = RunBoard.Open(Core.Workspaces.Workspace.Open(runs.Folder["home"]), clock: new Frozen());
        board.PauseQueue();
        var first = board.Enqueue(runs.Settings);
        board.Cancel(first);
        board.Delete(first, RunParts.All);
        var second = board.Enqueue(runs.Settings);
        board.Cancel(second);
        board.Delete(second, RunParts.All);
        Assert.Equal(3, new[] { first, second, board.Enqueue(runs.Settings) }.Distinct().Count());
    }

    [Fact]
    public async Task Links_in_circles_take_no_room_and_are_deleted_as_links()
    {
        var run = runs.Write("runs/bad", StrangeRuns.WholeRun);
        var outside = runs.Folder.Write("keep/precious", "precious");
        Directory.CreateSymbolicLink(Path.Combine(run, "loop"), run);
        Directory.CreateSymbolicLink(Path.Combine(run, "again"), "..");
        Directory.CreateSymbolicLink(Path.Combine(run, "outputs"), runs.Folder["keep"]);
        await using var board = runs.Open();
        Assert.InRange(board.SizesOf("bad").All, 1, 20_000);
        Assert.InRange(board.DiskUse().Rest, 1, 40_000);
        board.Delete("bad", RunParts.All);
        Assert.False(Directory.Exists(run));
        Assert.Equal("precious", await File.ReadAllTextAsync(outside, TestContext.Current.CancellationToken));
    }

    private static void Unreadable(RunBoard board, string name, string what)
    {
        var bad = board.Find("bad")!;
        Assert.True(bad.Status == RunStatus.Unreadable, $"{what}: {bad.Status}");
        Assert.Contains(name, bad.Problem, StringComparison.Ordinal);
        Assert.Equal((RunStatus.Unreadable, bad.Problem), (RunGlance.Read(bad.Path).Status, RunGlance.Read(bad.Path).Problem));
        Assert.Equal((RunStatus.Succeeded, null), (board.Find("good")!.Status, board.Find("good")!.Problem));
        Assert.Null(board.Trouble);
    }

    private sealed class Frozen : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    }
}
