namespace Unmask.Core.Parameters.Validation;

/// <summary>Settings that are known but that this version cannot carry out yet. They are errors, so that nothing is ignored in silence.</summary>
public static class VersionLimits
{
    public static IEnumerable<Problem> Check(TrainParameters parameters)
    {
        if (parameters.TrainDevice == TrainDevice.Tpu)
            yield return Problem.Error("train_device", "train_device is tpu; TPUs need XLA, which LibTorch for .NET does not have. Use auto, cpu or cuda.");
    }
}
