using Unmask.Core.Parameters;
using Unmask.Engine.Collectives;
using Unmask.Engine.Data;
using Unmask.Engine.Data.Preparation;
using Unmask.Engine.Modeling;
using Unmask.Engine.Objectives;
using Unmask.Engine.Objectives.Losses;
using Unmask.Engine.Training.Checkpoints;
using Unmask.Engine.Training.Evaluation;
using Unmask.Engine.Training.Optimization;
using Unmask.Engine.Training.Parallel;
using Unmask.Engine.Training.Preparation;

namespace Unmask.Engine.Training;

/// <summary>Builds what a training loop works with from checked settings: the same parts for a run, a process that follows it, the self-test and the profiler.</summary>
/// <param name="parameters">Checked settings.</param>
/// <param name="subject">Model, tokenizer and their configuration.</param>
/// <param name="objective">Creates the objective; null for that of the training method.</param>
public sealed class TrainingBuilder(TrainParameters parameters, TrainingSubject subject, Func<ObjectiveContext, IDiffusionObjective>? objective = null)
{
    /// <summary>The objective of the run.</summary>
    public IDiffusionObjective Objective { get; } = (objective ?? ObjectiveCatalog.Create)(subject.ObjectiveContext(parameters));

    /// <summary>The setup of any process of a run.</summary>
    /// <param name="data">Its rows.</param>
    /// <param name="model">What is trained.</param>
    /// <param name="optimizer">Optimizer of its parameters.</param>
    /// <param name="checkpoints">Saves.</param>
    /// <param name="ranks">The processes that train together.</param>
    public TrainingSetup Setup(PreparedData data, MaskedLanguageModel model, AdamW optimizer, ICheckpoints checkpoints, ICollectives ranks)
    {
        var plan = StepPlan.Create(parameters, data.Train.Count);
        return new TrainingSetup
        {
            Parameters = parameters,
            Plan = plan,
            Schedule = LearningRateSchedule.Create(parameters, plan),
            Model = model,
            Optimizer = optimizer,
            Data = Batches(data.Train),
            Objective = Objective,
            Ranks = ranks,
            Evaluation = data.Eval is { } rows ? Evaluation(model, rows, ranks) : null,
            Checkpoints = checkpoints,
        };
    }

    /// <summary>The optimizer.</summary>
    /// <param name="trained">What it updates.</param>
    /// <param name="ranks">The processes that train together.</param>
    public AdamW Optimizer(ITrainedWeights trained, ICollectives ranks) => new(
        trained.Parameters, new AdamWOptions(parameters.AdamBeta1, parameters.AdamBeta2, parameters.AdamEpsilon, parameters.WeightDecay),
        new GradientSharing(ranks, parameters.Deterministic, Sharded: parameters.ZeroStage >= 2 && ranks.Size > 1), divided: parameters.ZeroStage >= 1);

    /// <summary>The training batches.</summary>
    public BatchSource Batches(ExampleStore rows) => new(
        rows,
        new BatchOrder(rows.Count, parameters.RowsPerStep, parameters.Seed, parameters.GroupByLength ? rows.LengthOf : null),
        Objective.Layout,
        Objective.Shaping,
        new StepDivision(parameters).RowsTogether);

    /// <summary>The evaluation.</summary>
    public EvaluationLoss Evaluation(MaskedLanguageModel model, ExampleStore rows, ICollectives ranks) => new(
        model, new BatchSource(rows, new BatchOrder(rows.Count, parameters.ResolvedEvalBatchSize, shuffle: false), Objective.Layout), Objective, parameters.LossNormType, parameters.Seed,
        rowsAtOnce: parameters.Deterministic ? 1 : parameters.EvalBatchSize ?? parameters.BatchSize, ranks);
}
