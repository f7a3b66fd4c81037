using Unmask.Core.Parameters;

namespace Unmask.Core.Data;

/// <summary>A dataset, looked through from end to end.</summary>
public sealed record DataInspection
{
    /// <summary>Its splits, the one for training first.</summary>
    public required IReadOnlyList<InspectedSplit> Splits { get; init; }

    /// <summary>Files and parts that were seen and not read.</summary>
    public IReadOnlyList<string> Ignored { get; init; } = [];

    /// <summary>Files with rows that are not read, because others carry the name of a split and they do not; they are among the ignored ones, too.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <summary>Bytes of its files.</summary>
    public required long Bytes { get; init; }

    /// <summary>Its columns, in the order in which they were first met.</summary>
    public required IReadOnlyList<InspectedColumn> Columns { get; init; }

    /// <summary>Records that could not be read or understood.</summary>
    public required long BadLines { get; init; }

    /// <summary>The first 200 of them, with what is wrong.</summary>
    public required IReadOnlyList<BadLine> FirstBadLines { get; init; }

    /// <summary>Rows that are equal to an earlier one.</summary>
    public required long Duplicates { get; init; }

    /// <summary>Rows among which duplicates were looked for: all, or as many first ones as fit into the memory set aside for it.</summary>
    public required long DuplicatesLookedFor { get; init; }

    /// <summary>Characters of what is trained on.</summary>
    public required TextStatistics Characters { get; init; }

    /// <summary>Tokens of the rows; null where no tokenizer was given.</summary>
    public TokenStatistics? Tokens { get; init; }

    /// <summary>Why there are no tokens, though settings were given that name a model, tokenizer or vocabulary: sentences.</summary>
    public IReadOnlyList<string> TokenProblems { get; init; } = [];

    /// <summary>Rows that were read, those with a problem included, unreadable lines not.</summary>
    public long Rows => Splits.Sum(split => split.Rows);
}

/// <summary>A split of a dataset.</summary>
/// <param name="Name"><c>train</c>, <c>validation</c>, <c>test</c>.</param>
/// <param name="Files">Its files, in reading order.</param>
/// <param name="Rows">Its rows.</param>
/// <param name="Rules">Rows by the rule by which they were understood, the most used first.</param>
public sealed record InspectedSplit(string Name, IReadOnlyList<InspectedFile> Files, long Rows, IReadOnlyDictionary<string, long> Rules)
{
    /// <summary>Why no rule fits its columns, a sentence; null where one does.</summary>
    public string? RuleProblem { get; init; }
}

/// <summary>A file of a dataset.</summary>
/// <param name="Path">Where it lies.</param>
/// <param name="Format">Its form.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Member">Name of the array inside a JSON file that was read; null for the whole file.</param>
public sealed record InspectedFile(string Path, DatasetFormat Format, long Bytes, string? Member = null);

/// <summary>A column.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Types">Values by type: text, number, truth, list, object.</param>
/// <param name="Filled">Rows in which it is neither missing nor null nor an empty text.</param>
/// <param name="Rows">Rows in all.</param>
/// <param name="Characters">Lengths of its texts, in characters; null where it has none.</param>
public sealed record InspectedColumn(string Name, IReadOnlyDictionary<string, long> Types, long Filled, long Rows, LengthDistribution? Characters)
{
    /// <summary>From 0 to 1.</summary>
    public double FilledShare => Rows == 0 ? 0 : (double)Filled / Rows;
}

/// <summary>The characters of the texts that rows are understood as: what is asked, and what is answered.</summary>
/// <param name="Prompt">Characters of all messages before the answer.</param>
/// <param name="Response">Characters of the answer, or of a plain text.</param>
/// <param name="Distinct">Different characters (UTF-16).</param>
/// <param name="BeyondAscii">Share of characters that are not ASCII.</param>
public sealed record TextStatistics(LengthDistribution Prompt, LengthDistribution Response, int Distinct, double BeyondAscii);

/// <summary>The tokens of the rows before any cut, as training makes them. From these a page tells for any max_length what is cut or left out.</summary>
/// <param name="Tokenizer">Whose tokens: a path, or how the vocabulary was learned.</param>
/// <param name="Total">Tokens of a row.</param>
/// <param name="Prompt">Tokens that are given.</param>
/// <param name="Response">Tokens that are learned.</param>
public sealed record TokenStatistics(string Tokenizer, LengthDistribution Total, LengthDistribution Prompt, LengthDistribution Response);
