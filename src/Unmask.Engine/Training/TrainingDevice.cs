using Unmask.Core.Parameters;

using static TorchSharp.torch;

namespace Unmask.Engine.Training;

/// <summary>The device that a run computes on, and the type of its numbers.</summary>
public static class TrainingDevice
{
    /// <summary>The processor, or the GPU that <c>gpu_ids</c> names (auto: the first; of several, each process sees its own only).</summary>
    /// <param name="parameters">Checked settings.</param>
    /// <param name="cudaAvailable">Whether build and machine have CUDA.</param>
    public static Device Of(TrainParameters parameters, bool cudaAvailable)
    {
        var onGpu = parameters.TrainDevice == TrainDevice.Cuda || (parameters.TrainDevice == TrainDevice.Auto && cudaAvailable);
        if (!onGpu) return CPU;
        return new Device(TorchSharp.DeviceType.CUDA, parameters.GpuIds == "auto" || parameters.GpuIds.Contains(',') ? 0 : int.Parse(parameters.GpuIds, CultureInfo.InvariantCulture));
    }

    /// <summary>The type that a run's model computes in.</summary>
    public static ScalarType Dtype(TrainParameters parameters) => parameters.Dtype switch
    {
        TrainDtype.Float32 => ScalarType.Float32,
        TrainDtype.Float16 => ScalarType.Float16,
        _ => ScalarType.BFloat16,
    };
}
