namespace Unmask.Core.Parameters;

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

    /// <summary>Training rows that were cut to max_length.</summary>
    public long? TruncatedRows { get; init; }

    /// <summary>Training rows that were left out because they are too long.</summary>
    public long? DroppedRows { get; init; }

    public long? EvalRows { get; init; }

    /// <summary>Does this build and machine have CUDA?</summary>
    public bool? CudaAvailable { get; init; }

    /// <summary>How many GPUs there are.</summary>
    public int? GpuCount { get; init; }

    /// <summary>What the run needs of memory at the least.</summary>
    public long? EstimatedMemoryBytes { get; init; }

    /// <summary>Memory of the device or of the machine.</summary>
    public long? DeviceMemoryBytes { get; init; }

    /// <summary>Size of one checkpoint with optimiser state.</summary>
    public long? CheckpointBytes { get; init; }

    /// <summary>Size of the final model.</summary>
    public long? ModelBytes { get; init; }

    /// <summary>Free disk for the run, what its present checkpoints take included.</summary>
    public long? FreeDiskBytes { get; init; }
}

/// <summary>The special tokens of a tokenizer.</summary>
public sealed record TokenizerFacts(int? PadId, int? EosId);
