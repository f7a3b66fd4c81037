using System.Diagnostics;
using Unmask.Core.Parameters;
using Unmask.Engine.Collectives;
using Unmask.Engine.Data;
using Unmask.Engine.Objectives.Losses;
using Unmask.Engine.Training.Checkpoints;
using Unmask.Engine.Training.Optimization;
using Unmask.Engine.Training.Preparation;
using Unmask.Engine.Training.State;

namespace Unmask.Engine.Training;

/// <summary>A step that was made to look at it.</summary>
/// <param name="Result">What it measured.</param>
/// <param name="Tokens">Tokens of its rows.</param>
/// <param name="Seconds">How long it took.</param>
internal sealed record FirstStep(StepResult Result, long Tokens, double Seconds);

/// <summary>The first steps of a run, by one process and without all else that a run does.</summary>
internal sealed class FirstSteps : IDisposable
{
    private readonly TrainParameters parameters;
    private readonly ITrainedWeights weights;
    private readonly double learningRate;
    private readonly AdamW optimizer;
    private readonly BatchSource batches;
    private readonly IDiffusionObjective objective;
    private readonly LossScale? scale;
    private int made;

    /// <param name="parameters">Settings.</param>
    /// <param name="subject">Model and tokenizer.</param>
    /// <param name="weights">What is trained.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="learningRate">Of every step.</param>
    public FirstSteps(TrainParameters parameters, TrainingSubject subject, ITrainedWeights weights, ExampleStore rows, double learningRate)
    {
        (this.parameters, this.weights, this.learningRate) = (parameters, weights, learningRate);
        var builder = new TrainingBuilder(parameters, subject);
        (optimizer, batches, objective) = (builder.Optimizer(weights, SingleProcess.Instance), builder.Batches(rows), builder.Objective);
        scale = parameters.Dtype == TrainDtype.Float16 ? new LossScale() : null;
    }

    /// <summary>Makes steps until one changes the weights. One that is skipped has no update, so it tells neither of a gradient nor of the time of a step.</summary>
    /// <exception cref="NumericDivergence">Something is not finite, however little the loss is scaled: that bounds the tries, for each halves the scale.</exception>
    public FirstStep Next(CancellationToken stop)
    {
        var step = new TrainingStep(weights.Model, optimizer, parameters.MaxGradNorm, scale: scale, objective: objective);
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            var begun = Stopwatch.GetTimestamp();
            var noised = batches.Step(made).Select(batch => objective.Corrupt(batch, parameters.Seed, epoch: made)).ToArray();
            made++;
            var result = step.Run(WeightedBatch.Group(noised, parameters.LossNormType), learningRate);
            if (!result.Skipped) return new FirstStep(result, noised.Sum(batch => (long)batch.Clean.Lengths.Sum()), Stopwatch.GetElapsedTime(begun).TotalSeconds);
        }
    }

    public void Dispose() => optimizer.Dispose();
}
