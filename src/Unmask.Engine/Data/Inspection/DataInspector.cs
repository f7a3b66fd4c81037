using Unmask.Core.Data;
using Unmask.Engine.Data.Files;
using Unmask.Engine.Data.Files.Discovery;
using Unmask.Engine.Data.Files.Readers;
using Unmask.Engine.Data.Preparation;
using Unmask.Engine.Data.Rows;
using Unmask.Engine.Data.Rows.Values;

namespace Unmask.Engine.Data.Inspection;

/// <summary>Looks through a dataset from end to end and counts. Memory is bounded by the largest row (in Parquet files by a page of each column, in Arrow files by the largest record batch).</summary>
/// <param name="columns">How rows are read, where the names of their columns do not tell.</param>
/// <param name="encoder">Tokenizes; null to leave tokens out. Called from several threads at once.</param>
/// <param name="tokenizer">What the result calls the tokenizer.</param>
public sealed class DataInspector(RowColumns columns, ConversationEncoder? encoder = null, string tokenizer = "")
{
    /// <summary>Bad lines that are named; all are counted.</summary>
    public const int BadLinesTold = 200;

    private readonly BadLineTally bad = new(BadLinesTold);
    private readonly ColumnTally columnTally = new();
    private readonly DuplicateTally duplicates = new();
    private readonly TextTally texts = new();
    private readonly LengthTally total = new();
    private readonly LengthTally prompt = new();
    private readonly LengthTally response = new();

    /// <summary>Looks through all splits of <paramref name="files"/>.</summary>
    /// <param name="files">The dataset.</param>
    /// <param name="passed">Called with the bytes of each read.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="UserError">A file cannot be opened, or is damaged so that reading cannot go on.</exception>
    public DataInspection Inspect(DatasetFiles files, Action<int> passed, CancellationToken stop)
    {
        var reader = new RowReader { Passed = passed, Stop = stop };
        var splits = SplitNames.All.Where(files.Splits.ContainsKey).Select(name => Split(name, files.Splits[name], reader, stop)).ToList();
        return new DataInspection
        {
            Splits = splits,
            Ignored = files.Ignored,
            LeftOut = files.LeftOut,
            Bytes = BytesOf(files),
            Columns = columnTally.Result(),
            BadLines = bad.Count,
            FirstBadLines = bad.First,
            Duplicates = duplicates.Count,
            DuplicatesLookedFor = duplicates.Rows,
            Characters = texts.Result(),
            Tokens = encoder is null ? null : new TokenStatistics(tokenizer, total.Result(), prompt.Result(), response.Result()),
        };
    }

    /// <summary>Bytes of all files; one that is taken apart into several splits counts once.</summary>
    public static long BytesOf(DatasetFiles files) => files.Splits.Values.SelectMany(split => split).Select(file => file.Path).Distinct().Sum(path => new FileInfo(path).Length);

    private InspectedSplit Split(string name, IReadOnlyList<DataFile> files, RowReader reader, CancellationToken stop)
    {
        var first = new RowReader { Stop = stop }.First(files, DataPreparation.RowsLookedAt);
        var (converter, ruleProblem) = ConverterOf(first);
        var rules = new Dictionary<string, long>();
        var rows = 0L;
        foreach (var seen in OrderedParallel.Map(reader.Read(files, bad.Add), row => See(row, converter), Environment.ProcessorCount, stop, RowSize.Of))
        {
            rows++;
            Count(seen);
            if (seen.Converted is not { Problem: null } converted) continue;
            var rule = converted.LeftOut is null ? converted.Rule : $"{converted.Rule} (labeled false)";
            rules[rule] = rules.GetValueOrDefault(rule) + 1;
        }

        var most = rules.OrderByDescending(rule => rule.Value).ToDictionary();
        return new InspectedSplit(name, [.. files.Select(file => new InspectedFile(file.Path, DataFormats.SettingOf(file.Format), new FileInfo(file.Path).Length, file.Member))], rows, most) { RuleProblem = ruleProblem };
    }

    private (RowConverter? Converter, string? Problem) ConverterOf(IReadOnlyList<Row> first)
    {
        if (first.Count == 0) return (null, null);
        try
        {
            return (RowConverter.For(first, columns), null);
        }
        catch (UserError error)
        {
            return (null, string.Join(" ", error.Problems));
        }
    }

    /// <summary>All that takes time, on any thread.</summary>
    private SeenRow See(Row row, RowConverter? converter)
    {
        var seen = new SeenRow(row, DuplicateTally.HashOf(row), converter?.Convert(row));
        if (encoder is null || seen.Converted is not { Problem: null, LeftOut: null } converted) return seen;
        try
        {
            return seen with { Example = encoder.Encode(row.Line, converted) };
        }
        catch (UserError error)
        {
            return seen with { Converted = converted with { Problem = error.Message } };
        }
    }

    private void Count(SeenRow seen)
    {
        columnTally.Add(seen.Row);
        duplicates.Add(seen.Hash);
        if (seen.Converted is not { } converted) return;
        if (converted.Problem is { } problem) bad.Add(new BadLine(seen.Row.File, seen.Row.Line, problem));
        else if (converted.LeftOut is null) texts.Add(converted);
        if (seen.Example is not { } example) return;
        total.Add(example.Ids.Length);
        prompt.Add(example.PromptLength);
        response.Add(example.Ids.Length - example.PromptLength);
    }

    private sealed record SeenRow(Row Row, ulong Hash, ConvertedRow? Converted)
    {
        public Example? Example { get; init; }
    }
}
