namespace Unmask.Core.Data;

/// <summary>Rows whose number of tokens lies from <paramref name="From"/> to <paramref name="To"/>.</summary>
public sealed record LengthBucket(int From, int To, long Rows);

/// <summary>What became of the rows of some files.</summary>
public sealed record PartReport
{
    /// <summary>Paths of the files, in reading order.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Rows that were read, those that could not be understood not counted.</summary>
    public long RowsRead { get; init; }

    /// <summary>Records that could not be read or understood.</summary>
    public long BadLines { get; init; }

    /// <summary>The first few of them.</summary>
    public IReadOnlyList<BadLine> FirstBadLines { get; init; } = [];

    /// <summary>Rows by the rule by which they were understood.</summary>
    public IReadOnlyDictionary<string, long> Rules { get; init; } = new Dictionary<string, long>();

    /// <summary>Rows kept, whole or cut. In pretraining, rows that were cut from the joined text.</summary>
    public long Kept { get; init; }

    /// <summary>Rows kept whose end was cut off.</summary>
    public long Truncated { get; init; }

    /// <summary>Rows left out because they are longer than max_length.</summary>
    public long TooLong { get; init; }

    /// <summary>Rows left out because their prompt alone fills max_length.</summary>
    public long PromptFillsLimit { get; init; }

    /// <summary>Rows left out because nothing in them can be trained on.</summary>
    public long NothingToTrain { get; init; }

    /// <summary>Rows left out because their label says that the answer is not one to learn; they are not among the rows read.</summary>
    public long Rejected { get; init; }

    /// <summary>Tokens of the kept rows.</summary>
    public long Tokens { get; init; }

    /// <summary>Tokens of the rows before any cut, in buckets that double.</summary>
    public IReadOnlyList<LengthBucket> Lengths { get; init; } = [];

    /// <summary>Tokens of the row in the middle, of the one longer than 90%, and than 99%, before any cut.</summary>
    public int MedianLength { get; init; }

    public int Length90 { get; init; }

    public int Length99 { get; init; }

    /// <summary>Rows that were read and left out.</summary>
    public long Dropped => TooLong + PromptFillsLimit + NothingToTrain;
}

/// <summary>What was prepared, from what, and what was left out.</summary>
public sealed record DataReport
{
    /// <summary>Fingerprint of the input files and of every setting that bears on the rows: equal for equal results.</summary>
    public required string InputFingerprint { get; init; }

    /// <summary>The rows read for training; where rows were held out, these are among them.</summary>
    public required PartReport Read { get; init; }

    /// <summary>The rows read from evaluation files of their own; null where there are none.</summary>
    public PartReport? EvalRead { get; init; }

    /// <summary>Evaluation rows were held out from those read for training.</summary>
    public bool HeldOut { get; init; }

    /// <summary>Training rows in the end.</summary>
    public int TrainRows { get; init; }

    /// <summary>Evaluation rows in the end.</summary>
    public int EvalRows { get; init; }

    /// <summary>SHA-256 of the prepared training rows.</summary>
    public required string TrainFingerprint { get; init; }

    /// <summary>SHA-256 of the prepared evaluation rows.</summary>
    public string? EvalFingerprint { get; init; }

    /// <summary>Files and parts that were seen and not read.</summary>
    public IReadOnlyList<string> Ignored { get; init; } = [];

    /// <summary>Full sentences that the user should see.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
