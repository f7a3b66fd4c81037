using System.Diagnostics;

using Unmask.Core.Parameters;
using Unmask.Core.Planning;
using Unmask.Engine.Collectives;
using Unmask.Engine.Data;
using Unmask.Engine.Native;

namespace Unmask.Engine.Training.Planning;

/// <summary>Makes the first steps of a run and forgets them.</summary>
public static class StepTrial
{
    private const int MostSteps = 10;
    private const double EnoughSeconds = 20;

    /// <summary>Loads or makes the weights and makes the steps.</summary>
    public static StepProbe Measure(TrainParameters parameters, TrainingSubject subject, ExampleStore rows, CancellationToken stop)
    {
        // An engine that has done other work before has peaks of its own.
        ProcessMemory.ForgetPeak();
        var device = TrainingDevice.Of(parameters, EngineRuntime.Start().CudaAvailable);
        using var trained = subject.LoadWeights(device, TrainingRun.Dtype(parameters), static _ => { });
        trained.Model.ActivationCheckpointing = parameters.ActivationCheckpointing;
        using var optimizer = TrainingRun.Optimizer(parameters, trained, SingleProcess.Instance);
        var (batches, noise) = (TrainingRun.Batches(parameters, subject, rows), TrainingRun.Noise(parameters, subject));
        var step = new TrainingStep(trained.Model, optimizer, parameters.MaxGradNorm, scale: parameters.Dtype == TrainDtype.Float16 ? new LossScale() : null);
        var clock = new Stopwatch();
        var (timed, tokens) = (0, 0L);
        for (var number = 0; timed < MostSteps && clock.Elapsed.TotalSeconds < EnoughSeconds; number++)
        {
            stop.ThrowIfCancellationRequested();
            // The first step also fills pools and caches, so it is not timed.
            if (number > 0) clock.Start();
            var noised = batches.Step(number).Select(batch => noise.Apply(batch, parameters.Seed, epoch: 0)).ToArray();
            step.Run(WeightedBatch.Group(noised, parameters.LossNormType), parameters.LearningRate / 1000);
            clock.Stop();
            if (number == 0) continue;
            timed++;
            tokens += noised.Sum(batch => (long)batch.Clean.Lengths.Sum());
        }

        return new StepProbe(timed, clock.Elapsed.TotalSeconds / timed, tokens / clock.Elapsed.TotalSeconds, ProcessMemory.PeakBytes());
    }
}
