using Unmask.Core.Parameters;
using Unmask.Core.Planning;
using Unmask.Engine.Data.Preparation;
using Unmask.Engine.Runtime;
using Unmask.Engine.Training;
using Unmask.Engine.Training.Preparation;

using static TorchSharp.torch;

namespace Unmask.Engine.Planning;

/// <summary>What a run takes, and the device that has to give it.</summary>
/// <param name="Device">Where it trains.</param>
/// <param name="Weights">Its weights.</param>
/// <param name="Load">Its largest micro-batch; <see cref="BatchLoad.None"/> while the rows are not prepared.</param>
/// <param name="Memory">Its peak of memory.</param>
public sealed record RunNeeds(Device Device, WeightNeeds Weights, BatchLoad Load, MemoryEstimate Memory)
{
    public bool OnGpu => Device.type == TorchSharp.DeviceType.CUDA;

    /// <param name="parameters">The settings.</param>
    /// <param name="subject">Model and tokenizer.</param>
    /// <param name="data">The rows; null while they are not prepared.</param>
    public static RunNeeds Of(TrainParameters parameters, TrainingSubject subject, PreparedData? data)
    {
        var device = TrainingDevice.Of(parameters, UnmaskRuntime.Start().CudaAvailable);
        var load = data is null ? BatchLoad.None : BatchLoad.Largest(parameters, data.Train);
        return new RunNeeds(
            device, WeightNeeds.Of(parameters, subject.Config, subject.Adapter), load,
            MemoryNeeds.Of(parameters, subject.Architecture, subject.Config, subject.Adapter, load, device.type == TorchSharp.DeviceType.CUDA));
    }
}
