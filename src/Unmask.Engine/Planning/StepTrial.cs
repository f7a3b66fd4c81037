using Unmask.Core.Parameters;
using Unmask.Core.Planning;
using Unmask.Engine.Data;
using Unmask.Engine.Runtime;
using Unmask.Engine.Training;
using Unmask.Engine.Training.Preparation;
using Unmask.Engine.Training.State;

namespace Unmask.Engine.Planning;

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
        var device = TrainingDevice.Of(parameters, UnmaskRuntime.Start().CudaAvailable);
        using var trained = subject.LoadWeights(device, TrainingDevice.Dtype(parameters), static _ => { });
        trained.Model.ActivationCheckpointing = parameters.ActivationCheckpointing;
        using var steps = new FirstSteps(parameters, subject, trained, rows, parameters.LearningRate / 1000);
        // The first step also fills pools and caches, so it is not timed.
        steps.Next(stop);
        var timed = new List<FirstStep>();
        while (timed.Count < MostSteps && timed.Sum(step => step.Seconds) < EnoughSeconds) timed.Add(steps.Next(stop));
        var seconds = timed.Sum(step => step.Seconds);
        return new StepProbe(timed.Count, seconds / timed.Count, timed.Sum(step => step.Tokens) / seconds, ProcessMemory.PeakBytes());
    }
}
