namespace Unmask.Core.Parameters;

/// <summary>Settings that are known but that this version cannot carry out yet. They are errors, so that nothing is ignored in silence.</summary>
public static class VersionLimits
{
    public static IEnumerable<Problem> Check(TrainParameters parameters)
    {
        if (parameters.TrainDevice == TrainDevice.Tpu)
            yield return Problem.Error("train_device", "train_device tpu is not available in this version; use auto, cpu or cuda.");
        if (parameters.Dtype == TrainDtype.Float16)
            yield return Problem.Error("dtype", "dtype float16 is not available in this version; use bfloat16 or float32.");
        if (parameters is { Lora: true, Bias: not LoraBias.None })
            yield return Problem.Error("bias", "bias other than none is not available in this version: beside adaptors no biases are trained; set bias to none.");
        if (parameters.GpuIds.Contains(',', StringComparison.Ordinal))
            yield return Problem.Error("gpu_ids", $"gpu_ids is {parameters.GpuIds}, but this version trains on one GPU; name one.");
        if (parameters.LogToWandb)
            yield return Problem.Error("log_to_wandb", "log_to_wandb is not available in this version; set it to false. TensorBoard files are always written.");
    }
}
