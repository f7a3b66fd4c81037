using Unmask.Core.Parameters;
using Unmask.Engine.Data.Files;

namespace Unmask.Engine.Data.Preparation;

/// <summary>Which rows are read and what is done with them; the part of a run's settings that decides the prepared rows.</summary>
public sealed record DataSettings
{
    /// <summary>File, folder, pattern or saved dataset with the training rows.</summary>
    public required string Dataset { get; init; }

    /// <summary>Form of the files where their endings do not tell it.</summary>
    public DataFormat? Format { get; init; }

    /// <summary>Split to train on.</summary>
    public string DatasetSplit { get; init; } = SplitNames.Train;

    /// <summary>False leaves out evaluation rows altogether.</summary>
    public bool Evaluation { get; init; } = true;

    /// <summary>Another dataset with the evaluation rows.</summary>
    public string? EvalDataset { get; init; }

    /// <summary>Split to evaluate on; null takes <c>validation</c>, then <c>test</c>, where the dataset names its splits.</summary>
    public string? EvalDatasetSplit { get; init; }

    /// <summary>Share of the rows held out where no evaluation rows are named, from 0 (none) to 0.9.</summary>
    public double EvalSplit { get; init; } = 0.1;

    /// <summary>Most training rows; null for all.</summary>
    public long? TrainRows { get; init; }

    /// <summary>Most evaluation rows; null for all.</summary>
    public long? EvalRows { get; init; }

    /// <summary>Most tokens of a row; in pretraining the tokens of every row.</summary>
    public int MaxLength { get; init; } = 1024;

    /// <summary>What is done with longer rows.</summary>
    public Truncation Truncation { get; init; } = Truncation.Right;

    /// <summary>Join all texts and cut them into rows of <see cref="MaxLength"/> tokens.</summary>
    public bool Pretrain { get; init; }

    /// <summary>In pretraining, the token put after each text; null for none.</summary>
    public int? EndId { get; init; }

    /// <summary>In pretraining, leave out the last row when it is not full.</summary>
    public bool DropTail { get; init; } = true;

    /// <summary>How plain text files are cut into rows.</summary>
    public TextUnit TextUnit { get; init; } = TextUnit.Line;

    /// <summary>Threads that tokenize; never more than the machine has cores. Does not change the result.</summary>
    public int Workers { get; init; } = 8;

    /// <summary>Seed of the choice of held-out rows.</summary>
    public long Seed { get; init; } = 42;

    /// <summary>The settings of a run.</summary>
    /// <param name="parameters">The run's settings; <c>dataset</c> must be set.</param>
    /// <param name="endId">The tokenizer's end-of-text token, or null when it has none.</param>
    /// <exception cref="UserError">An end token is wanted between texts and there is none.</exception>
    public static DataSettings From(TrainParameters parameters, int? endId) => new()
    {
        Dataset = parameters.Dataset ?? throw new ArgumentException("dataset is not set.", nameof(parameters)),
        Format = DataFormats.Of(parameters.DatasetFormat),
        DatasetSplit = parameters.DatasetSplit,
        Evaluation = parameters.EvalStrategy != EvalStrategy.No,
        EvalDataset = parameters.EvalDataset,
        EvalDatasetSplit = parameters.EvalDatasetSplit,
        EvalSplit = parameters.EvalSplit,
        TrainRows = parameters.TrainRows,
        EvalRows = parameters.EvalRows,
        MaxLength = parameters.MaxLength,
        Truncation = parameters.Truncation,
        Pretrain = parameters.Pretrain,
        EndId = parameters is { Pretrain: true, InsertEos: true }
            ? endId ?? throw new UserError("insert_eos is true, but the tokenizer has no end-of-text token; set insert_eos to false, or give the tokenizer an eos_token.")
            : null,
        DropTail = parameters.DropTail,
        // Lines of prose are no texts of their own: with an end token after each, a model would learn to stop at every line.
        TextUnit = parameters.Pretrain ? TextUnit.Paragraph : TextUnit.Line,
        Workers = parameters.NumProc,
        Seed = parameters.Seed,
    };
}
