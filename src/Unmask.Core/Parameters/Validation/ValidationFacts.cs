namespace Unmask.Core.Parameters.Validation;

/// <summary>
/// What is known about the model, the data and the machine when settings are checked. Every part may be unknown (null): rules that
/// need it are then left out, so the same rules run on a bare recipe, after the data was read, and after the model was opened.
/// </summary>
public sealed record ValidationFacts
{
    /// <summary>Nothing known: only what the settings say by themselves.</summary>
    public static ValidationFacts None { get; } = new();

    /// <summary>Class name in the model's config, e.g. BertForMaskedLM.</summary>
    public string? ModelClass { get; init; }

    /// <summary>The method that this class is trained with.</summary>
    public TrainingMethod? MethodOfModel { get; init; }

    /// <summary>What is wrong with the files and folders that the settings name: not there, damaged, not fitting together.</summary>
    public IReadOnlyList<Problem> Inputs { get; init; } = [];

    /// <summary>Set when the tokenizer was read: its special tokens, null ids where it has none.</summary>
    public TokenizerFacts? Tokenizer { get; init; }

    /// <summary>Architectures a fresh model may have.</summary>
    public IReadOnlyList<string>? Architectures { get; init; }

    /// <summary>Sizes a fresh model of the chosen architecture may have.</summary>
    public IReadOnlyList<string>? ModelSizes { get; init; }

    /// <summary>Training rows that are left after filtering.</summary>
    public long? TrainRows { get; init; }

    /// <summary>Rows that were kept of those read; where rows are held out, these are among them. Null where it is the same number as the training rows.</summary>
    public long? KeptRows { get; init; }

    /// <summary>Kept rows that were cut to max_length.</summary>
    public long? TruncatedRows { get; init; }

    /// <summary>Rows that were left out because they are too long.</summary>
    public long? DroppedRows { get; init; }

    public long? EvalRows { get; init; }

    /// <summary>Does this build and machine have CUDA?</summary>
    public bool? CudaAvailable { get; init; }

    /// <summary>How many GPUs there are.</summary>
    public int? GpuCount { get; init; }

    /// <summary>The GPU that would be trained on; null for none, or where its driver does not tell.</summary>
    public GpuFacts? Gpu { get; init; }

    /// <summary>Training rows that are plain text, without a prompt.</summary>
    public long? PlainTextRows { get; init; }

    /// <summary>What the run takes of memory at its peak, estimated.</summary>
    public long? EstimatedMemoryBytes { get; init; }

    /// <summary>Memory of the device or of the machine.</summary>
    public long? DeviceMemoryBytes { get; init; }

    /// <summary>Size of one checkpoint with optimizer state.</summary>
    public long? CheckpointBytes { get; init; }

    /// <summary>Size of the final model.</summary>
    public long? ModelBytes { get; init; }

    /// <summary>Free disk for the run, what its present checkpoints take included.</summary>
    public long? FreeDiskBytes { get; init; }
}

/// <summary>The special tokens of a tokenizer.</summary>
public sealed record TokenizerFacts(int? PadId, int? EosId);

/// <summary>A GPU.</summary>
/// <param name="Number">Its number.</param>
/// <param name="MemoryBytes">All of its memory.</param>
/// <param name="FreeBytes">Its memory that nobody uses.</param>
/// <param name="Processes">Processes that compute on it.</param>
/// <param name="Bfloat16">Whether it computes in bfloat16.</param>
public sealed record GpuFacts(int Number, long MemoryBytes, long FreeBytes, int Processes, bool Bfloat16)
{
    /// <summary>What its maker calls it.</summary>
    public string? Name { get; init; }
}
