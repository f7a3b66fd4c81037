namespace Unmask.Core.Parameters.Validation;

public static partial class CrossFieldRules
{
    private static IEnumerable<Problem> RowsAreLeft(TrainParameters p, ValidationFacts facts)
    {
        if (facts.TrainRows is not { } rows) yield break;
        long dropped = facts.DroppedRows ?? 0;
        if (rows == 0)
        {
            yield return dropped > 0
                ? Problem.Error("max_length", $"All {dropped} rows are longer than max_length ({p.MaxLength}), so no row is left. Raise max_length{(p.Truncation == Truncation.Filter ? " or set truncation to right" : "")}.")
                : Problem.Error("dataset", "The dataset has no usable row. Use a dataset with at least 1 row.");
            yield break;
        }

        long kept = facts.KeptRows ?? rows;
        double droppedShare = (double)dropped / (kept + dropped);
        if (droppedShare > 0.05)
            yield return Problem.Warning("max_length", $"{Percent(droppedShare)} of the rows are dropped because they are longer than max_length ({p.MaxLength}). Raise max_length to keep them.");
        double cutShare = (double)(facts.TruncatedRows ?? 0) / kept;
        if (cutShare > 0.05)
            yield return Problem.Warning("max_length", $"{Percent(cutShare)} of the rows are truncated at max_length ({p.MaxLength}) and lose the end of the response. Raise max_length to keep them whole.");
    }

    private static IEnumerable<Problem> DevicesExist(TrainParameters p, ValidationFacts facts)
    {
        if (p.TrainDevice == TrainDevice.Cuda && facts.CudaAvailable == false)
            yield return Problem.Error("train_device", "train_device is cuda, but this build finds no usable CUDA device. Set train_device to auto or cpu, or build with -p:TorchBackend=cuda on a machine with an NVIDIA GPU.");
        if (p.TrainDevice == TrainDevice.Cpu)
        {
            if (p.GpuIds != "auto") yield return Problem.Warning("gpu_ids", "gpu_ids has no effect because train_device is cpu.");
            yield break;
        }

        string[] numbers = p.GpuIds.Split(',', StringSplitOptions.TrimEntries);
        if (numbers.Distinct(StringComparer.Ordinal).Count() < numbers.Length)
            yield return Problem.Error("gpu_ids", $"gpu_ids is {p.GpuIds}, which names a GPU twice. Name each GPU once.");

        if (facts.Gpu is { Processes: > 0 } busy)
            yield return Problem.Warning("gpu_ids", $"GPU {busy.Number} is used by {(busy.Processes == 1 ? "another process" : $"{busy.Processes} other processes")}, and {Format.Bytes(busy.FreeBytes)} of its {Format.Bytes(busy.MemoryBytes)} are free.");
        if (p.GpuIds == "auto") yield break;
        if (facts.GpuCount is not { } count || numbers.All(text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < count)) yield break;
        yield return Problem.Error("gpu_ids", $"gpu_ids is {p.GpuIds}, but this machine has {(count == 0 ? "no GPU that this build can use" : count == 1 ? "one GPU, number 0" : $"GPUs 0 to {count - 1}")}. Use auto.");
    }

    private static IEnumerable<Problem> ProcessesFit(TrainParameters p, ValidationFacts facts)
    {
        int gpus = p.TrainDevice == TrainDevice.Cpu || facts.CudaAvailable == false ? 0 : p.GpuIds == "auto" ? facts.GpuCount ?? 0 : p.GpuIds.Split(',').Length;
        if (p.ZeroStage > 0 && Math.Max(gpus, p.NumProcesses ?? 1) == 1)
            yield return Problem.Warning("zero_stage", $"zero_stage is {p.ZeroStage}, but there is only 1 rank to shard over. Raise num_processes, name several gpu_ids, or start several ranks with mpirun.");
        if (p.Deterministic && gpus > 0)
            yield return Problem.Warning("deterministic", "deterministic guarantees bit-identical results on CPUs only; some CUDA operations are not deterministic.");
    }

    private static IEnumerable<Problem> DtypeFitsDevice(TrainParameters p, ValidationFacts facts)
    {
        if (p.Dtype == TrainDtype.Bfloat16 && facts.Gpu is { Bfloat16: false } old)
            yield return Problem.Error("dtype", $"dtype is bfloat16, which GPU {old.Number} does not support (NVIDIA GPUs do from compute capability 8.0 on). Set dtype to float16 or float32.");
    }

    private static IEnumerable<Problem> MemorySuffices(TrainParameters p, ValidationFacts facts)
    {
        if (facts is not { EstimatedMemoryBytes: { } need, DeviceMemoryBytes: { } have } || need <= 0.9 * have) yield break;
        string sentence = $"The run needs about {Format.Bytes(need)} of memory, and the device has {Format.Bytes(have)}. Set activation_checkpointing to true, lower batch_size ({p.BatchSize}) and raise gradient_accumulation_steps, lower max_length ({p.MaxLength}), or use a smaller model. `unmask plan` shows the savings of each.";
        yield return need > have ? Problem.Error("batch_size", sentence) : Problem.Warning("batch_size", sentence);
    }

    private static IEnumerable<Problem> DiskSuffices(TrainParameters p, ValidationFacts facts)
    {
        if (facts is not { CheckpointBytes: { } one, FreeDiskBytes: { } free }) yield break;

        long need = (MostCheckpoints(p, facts) * one) + (facts.ModelBytes ?? 0);
        if (need > free)
            yield return Problem.Error("save_total_limit", $"The checkpoints and the final model need up to {Format.Bytes(need)} of disk, and {Format.Bytes(free)} are free. Lower save_total_limit ({p.SaveTotalLimit}), set keep_best to false, or free some space.");
    }

    /// <summary>How many checkpoints a run has on disk at most: the old ones stay until the new one is complete; a short run never has that many.</summary>
    public static long MostCheckpoints(TrainParameters p, ValidationFacts facts) => Math.Min(p.SaveTotalLimit + 1L + (p.KeepBest ? 1 : 0), MostSaves(p, facts));

    /// <summary>How often a run may save: by its plan, and at each evaluation when that is the best.</summary>
    private static long MostSaves(TrainParameters p, ValidationFacts facts)
    {
        if (p.NumTrainEpochs > 0 && facts.TrainRows is not > 0) return long.MaxValue;
        StepPlan plan = StepPlan.Create(p, Math.Max(1, facts.TrainRows ?? 1));
        long evaluations = p is not { KeepBest: true, EvalStrategy: not EvalStrategy.No } ? 0 : plan.EvalSteps is { } every ? plan.TotalSteps / every : p.NumTrainEpochs + 1L;
        return (plan.TotalSteps / plan.SaveSteps) + 1 + evaluations;
    }

    private static string Percent(double share) => (share * 100).ToString(share < 0.1 ? "0.0" : "0", CultureInfo.InvariantCulture) + "%";
}
