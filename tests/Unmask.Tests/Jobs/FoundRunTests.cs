using Unmask.Core.Events;
using Unmask.Core.Jobs.Status;
using Unmask.Core.Parameters.Recipes;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Jobs;

/// <summary>Runs in folders that this home did not make, as in a repository that was cloned: they are shown, and start when a person says so.</summary>
public sealed class FoundRunTests : IDisposable
{
    private const string Queued = """{"v":1,"id":"x","name":"A gift","created":"2026-01-31T12:00:00+00:00","state":"queued","tags":["free"],"attempts":[]}""";

    private readonly StrangeRuns runs = new();

    public void Dispose() => runs.Dispose();

    [Theory]
    [InlineData("queued")]
    [InlineData("running")]
    [InlineData("preparing")]
    [InlineData("paused")]
    public async Task What_a_stranger_says_of_a_queue_starts_nothing(string state)
    {
        var run = Stranger(Queued.Replace("queued", state, StringComparison.Ordinal));
        await using var scheduler = runs.Open();
        for (var turn = 0; turn < 3; turn++) scheduler.Turn();

        var found = Assert.Single(scheduler.List());
        Assert.Equal((RunStatus.Found, "A gift", true, false, 0), (found.Status, found.Name, found.CanBeQueued, found.IsLive, found.Attempts));
        Assert.Equal(["free"], found.Tags);
        Assert.Empty(scheduler.Queue.List());
        Assert.Null(scheduler.Trouble);
        Assert.Equal(["config.yaml", "job.json"], Directory.GetFiles(run).Select(file => Path.GetFileName(file)!).Order());
        Assert.Throws<UserError>(() => scheduler.Queue.Resume(found.Id));
    }

    [Fact]
    public async Task A_run_that_a_person_queues_is_queued_for_this_home_alone()
    {
        Stranger(Queued);
        await using (var scheduler = runs.Open())
        {
            scheduler.Queue.Pause();
            scheduler.Queue.AddFound("x");
            Assert.Equal((RunStatus.Queued, 1), (scheduler.Find("x")!.Status, scheduler.Find("x")!.QueuePosition));
            Assert.Throws<UserError>(() => scheduler.Queue.AddFound("x"));
        }

        await using (var again = runs.Open()) Assert.Equal(RunStatus.Queued, again.Find("x")!.Status);
        await using var other = runs.Open("another home");
        Assert.Equal(RunStatus.Found, other.Find("x")!.Status);
    }

    [Fact]
    public async Task A_run_that_a_person_queues_starts()
    {
        Stranger(Queued);
        await using var scheduler = runs.Open();
        scheduler.Queue.AddFound("x");
        scheduler.Turn();
        Assert.Equal(1, scheduler.Find("x")!.Attempts);
    }

    [Fact]
    public async Task Settings_that_change_after_a_person_looked_wait_for_a_person_again()
    {
        var run = Stranger(Queued);
        await using (var scheduler = runs.Open())
        {
            scheduler.Queue.Pause();
            scheduler.Queue.AddFound("x");
            File.WriteAllText(Path.Combine(run, "config.yaml"), ConfigFile.Write(runs.Settings with { LogToWandb = true }));
            scheduler.Queue.Unpause();
            scheduler.Turn();
            Assert.Equal((RunStatus.Found, 0), (scheduler.Find("x")!.Status, scheduler.Find("x")!.Attempts));
        }

        await using var again = runs.Open();
        Assert.Equal(RunStatus.Found, again.Find("x")!.Status);
    }

    [Fact]
    public async Task Out_of_the_queue_it_is_found_again()
    {
        Stranger(Queued);
        await using (var scheduler = runs.Open())
        {
            scheduler.Queue.Pause();
            scheduler.Queue.AddFound("x");
            scheduler.Queue.Cancel("x");
            Assert.Equal(RunStatus.Found, scheduler.Find("x")!.Status);
        }

        await using var again = runs.Open();
        Assert.Equal(RunStatus.Found, again.Find("x")!.Status);
    }

    [Fact]
    public async Task Problems_of_its_settings_are_told_to_who_queues_it()
    {
        var run = Stranger(Queued);
        File.WriteAllText(Path.Combine(run, "config.yaml"), "batch_size: 0\nlearning_rate: much\n");
        await using var scheduler = runs.Open();
        Assert.Equal(2, Assert.Throws<UserError>(() => scheduler.Queue.AddFound("x")).Problems.Count(problem => problem.Contains("batch_size", StringComparison.Ordinal) || problem.Contains("learning_rate", StringComparison.Ordinal)));
        Assert.Equal(RunStatus.Found, scheduler.Find("x")!.Status);
    }

    [Theory]
    [InlineData("/etc")]
    [InlineData("../../home")]
    [InlineData("outputs/../..")]
    [InlineData("")]
    [InlineData("a\0b")]
    public async Task A_model_is_in_the_folder_of_its_run_or_there_is_none(string model)
    {
        runs.Write("runs/x", [.. StrangeRuns.WholeRun.SkipLast(1), new RunFinished(RunOutcome.Done, 9, model)]);
        await using var scheduler = runs.Open();
        Assert.Equal(RunStatus.Succeeded, scheduler.Find("x")!.Status);
        Assert.Null(scheduler.Find("x")!.Model);
    }

    [Fact]
    public async Task In_the_home_a_folder_that_was_put_there_by_hand_waits_for_a_person_too()
    {
        runs.Write("home/runs/x");
        File.Delete(runs.Folder["home/runs/x/events.jsonl"]);
        await using var scheduler = runs.Open();
        scheduler.Turn();
        Assert.Equal(RunStatus.Found, scheduler.Find("x")!.Status);
        scheduler.Queue.AddFound("x");
        scheduler.Turn();
        Assert.Equal(1, scheduler.Find("x")!.Attempts);
    }

    private string Stranger(string job)
    {
        var run = runs.Write("runs/x");
        File.Delete(Path.Combine(run, "events.jsonl"));
        File.WriteAllText(Path.Combine(run, JobRecord.FileName), job);
        return run;
    }
}
