using Unmask.Core.Events;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Training;

/// <summary>How a run ends when the world is against it.</summary>
public sealed class TrainingRunTests
{
    private static IOException Full => new("No space left on device", OperatingSystem.IsWindows() ? unchecked((int)0x80070070) : 28);

    [Fact]
    public void A_full_disk_is_told_as_such_whoever_meets_it()
    {
        using var run = new TinyRun { OnEvent = happened => { if (happened is PhaseChanged { Phase: Phases.LoadingModel }) throw Full; } };

        var error = Assert.Throws<UserError>(() => run.Train());

        Assert.Contains("The disk is full", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("--resume", error.Message, StringComparison.Ordinal);
        var end = Assert.IsType<RunFinished>(EventLog.Read(run["run/events.jsonl"])[^1]);
        Assert.Equal((RunOutcome.Failed, FailureReason.DiskFull), (end.Outcome, end.Reason));
    }

    [Fact]
    public void A_full_disk_after_a_checkpoint_is_told_with_the_way_to_go_on()
    {
        using var run = new TinyRun { OnEvent = happened => { if (happened is StepLogged { Step: 3 }) throw Full; } };

        var error = Assert.Throws<UserError>(() => run.Train(p => p with { SaveSteps = 2 }));

        Assert.Contains($"unmask train --resume {run.RunPath}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_best_weights_are_saved_at_their_evaluation_wherever_saves_fall()
    {
        using var run = new TinyRun();

        run.Train(p => p with { TrainSteps = 6, EvalSteps = 2, SaveSteps = 5, KeepBest = true });

        var best = run.Events.OfType<EvaluationFinished>().MinBy(evaluation => evaluation.EvalLoss)!;
        Assert.Equal(6, best.Step);
        Assert.Equal([2, 4, 5, 6], run.Events.OfType<CheckpointSaved>().Select(saved => saved.Step));
    }

    [Fact]
    public void Each_warning_is_told_once()
    {
        using var run = new TinyRun();

        run.Train(p => p with { LearningRate = 0.02, LoraR = 8, LoggingSteps = 100 });

        var warnings = run.Events.OfType<Notice>().Where(notice => notice.Level == NoticeLevel.Warning).Select(notice => notice.Message).ToList();
        Assert.All(["learning_rate is", "lora_r has no effect", "No metrics are logged"], word => Assert.Single(warnings, warning => warning.Contains(word, StringComparison.Ordinal)));
    }

    [Fact]
    public void The_first_failure_is_told_even_where_the_last_event_cannot_be_written()
    {
        using var run = new TinyRun { OnEvent = happened => throw (happened is RunFinished ? Full : new UserError("The model is on fire; put it out.")) };

        Assert.Equal("The model is on fire; put it out.", Assert.Throws<UserError>(() => run.Train()).Message);
    }
}
