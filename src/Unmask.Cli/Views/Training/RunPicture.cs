using Unmask.Core.Events;

namespace Unmask.Cli.Views.Training;

/// <summary>What is known about a run after the events so far: all that a view shows.</summary>
public sealed class RunPicture
{
    private readonly List<double> losses = [];

    public string Name { get; private set; } = "run";

    /// <summary>When the first event happened.</summary>
    public DateTimeOffset? Began { get; private set; }

    public PhaseChanged? Phase { get; private set; }

    public StepLogged? Step { get; private set; }

    /// <summary>What the processes did; null where there is one.</summary>
    public RanksMeasured? Ranks { get; private set; }

    public EvaluationFinished? Evaluation { get; private set; }

    /// <summary>The evaluation with the lowest loss.</summary>
    public EvaluationFinished? BestEvaluation { get; private set; }

    public SamplesDrawn? Samples { get; private set; }

    public CheckpointSaved? Checkpoint { get; private set; }

    public FinalEvaluation? FinalEvaluation { get; private set; }

    public RunFinished? Finished { get; private set; }

    /// <summary>Training loss of every logged step.</summary>
    public IReadOnlyList<double> Losses => losses;

    public void Take(RunEvent happened)
    {
        Began ??= happened.Time;
        switch (happened)
        {
            case RunStarted started: Name = started.Name; break;
            case PhaseChanged phase: Phase = phase; break;
            case StepLogged step:
                Step = step;
                losses.Add(step.Loss);
                break;
            case RanksMeasured ranks: Ranks = ranks; break;
            case EvaluationFinished evaluation:
                Evaluation = evaluation;
                if (BestEvaluation is null || evaluation.EvalLoss < BestEvaluation.EvalLoss) BestEvaluation = evaluation;
                break;
            case SamplesDrawn samples: Samples = samples; break;
            case CheckpointSaved checkpoint: Checkpoint = checkpoint; break;
            case FinalEvaluation final: FinalEvaluation = final; break;
            case RunFinished finished: Finished = finished; break;
        }
    }
}
