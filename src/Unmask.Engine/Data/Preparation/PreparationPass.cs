using Unmask.Core.Data;
using Unmask.Engine.Data.Files;
using Unmask.Engine.Data.Files.Readers;
using Unmask.Engine.Data.Rows.Values;

namespace Unmask.Engine.Data.Preparation;

/// <summary>One way through the rows of some files into a store, with everything counted.</summary>
internal sealed class PreparationPass(DataSettings settings, RowEncoderFactory encoderFor, Func<string, bool>? columns, Action<DataProgress> progress, CancellationToken cancellation)
{
    /// <summary>Bad lines that a report names; all are counted.</summary>
    public const int BadLinesTold = 20;

    private readonly BadLineTally bad = new(BadLinesTold);
    private readonly Dictionary<string, long> rules = [];
    private readonly SortedDictionary<int, long> lengths = [];
    private readonly long[] outcomes = new long[Enum.GetValues<LengthOutcome>().Length];
    private long rowsRead;
    private long rejected;

    /// <summary>Called with each row that is kept: ids and prompt length.</summary>
    public Action<int[], int>? Kept { get; init; }

    /// <summary>Reads, tokenizes, cuts and writes.</summary>
    /// <param name="files">Files to read.</param>
    /// <param name="limit">Most rows to read; null for all.</param>
    /// <param name="store">Where kept rows go.</param>
    public PartReport Run(IReadOnlyList<DataFile> files, long? limit, ExampleStoreWriter store)
    {
        var reader = new RowReader(settings.TextUnit) { Stop = cancellation, Columns = columns };
        var first = reader.First(files, DataPreparation.RowsLookedAt);
        var encode = first.Count > 0 ? encoderFor(first) : static row => throw new UserError($"There was no row at {row.Place} a moment ago; is the file being written?");
        var rows = reader.Read(files, bad.Add);
        if (limit is { } most) rows = Limit(rows, most);
        var encoded = Encoded(OrderedParallel.Map(rows, row => Encode(row, encode), settings.Workers, cancellation, RowSize.Of));
        if (settings.Pretrain) Group(encoded, store);
        else Cut(encoded, store);

        store.Complete();
        return new PartReport
        {
            Files = [.. files.Select(file => file.Path)],
            RowsRead = rowsRead,
            BadLines = bad.Count,
            FirstBadLines = bad.First,
            Rules = rules,
            Kept = store.Count,
            Truncated = outcomes[(int)LengthOutcome.Truncated],
            TooLong = outcomes[(int)LengthOutcome.TooLong],
            PromptFillsLimit = outcomes[(int)LengthOutcome.PromptFillsLimit],
            NothingToTrain = outcomes[(int)LengthOutcome.NothingToTrain],
            Rejected = rejected,
            Tokens = store.Tokens,
            Lengths = Buckets(),
            MedianLength = Quantile(0.5),
            Length90 = Quantile(0.9),
            Length99 = Quantile(0.99),
        };
    }

    private static IEnumerable<Row> Limit(IEnumerable<Row> rows, long most)
    {
        foreach (var row in rows)
        {
            if (most-- <= 0) yield break;
            yield return row;
        }
    }

    private static (EncodedRow? Row, BadLine? Bad) Encode(Row row, RowEncoder encode)
    {
        try
        {
            return (encode(row), null);
        }
        catch (UserError error)
        {
            return (null, new BadLine(row.File, row.Line, error.Message));
        }
    }

    private IEnumerable<EncodedRow> Encoded(IEnumerable<(EncodedRow? Row, BadLine? Bad)> results)
    {
        foreach (var (row, unusable) in results)
        {
            if (row is null)
            {
                bad.Add(unusable!);
                continue;
            }

            if (row.LeftOut is not null)
            {
                rejected++;
                continue;
            }

            rowsRead++;
            rules[row.Rule] = rules.GetValueOrDefault(row.Rule) + 1;
            lengths[row.Ids.Length] = lengths.GetValueOrDefault(row.Ids.Length) + 1;
            if (rowsRead % 1000 == 0) progress(new DataProgress("tokenizing", rowsRead));
            yield return row;
        }

        progress(new DataProgress("tokenizing", rowsRead));
    }

    private void Cut(IEnumerable<EncodedRow> rows, ExampleStoreWriter store)
    {
        var rule = new LengthRule(settings.MaxLength, settings.Truncation);
        foreach (var row in rows)
        {
            var outcome = rule.Judge(row.Ids.Length, row.PromptLength, out var kept);
            outcomes[(int)outcome]++;
            if (kept == 0) continue;
            var ids = kept == row.Ids.Length ? row.Ids : row.Ids[..kept];
            Kept?.Invoke(ids, row.PromptLength);
            store.Add(ids, row.PromptLength);
        }
    }

    private void Group(IEnumerable<EncodedRow> rows, ExampleStoreWriter store)
    {
        var groups = new TokenGroups { RowLength = settings.MaxLength, EndId = settings.EndId, DropTail = settings.DropTail };
        foreach (var ids in groups.Cut(rows.Select(row => row.Ids)))
        {
            Kept?.Invoke(ids, 0);
            store.Add(ids, 0);
        }
    }

    private List<LengthBucket> Buckets()
    {
        var buckets = new List<LengthBucket>();
        if (lengths.Count == 0) return buckets;
        var longest = lengths.Keys.Max();
        for (var (from, to) = (0, 1); from <= longest; (from, to) = (to + 1, to * 2))
        {
            buckets.Add(new LengthBucket(from, to, lengths.Where(pair => pair.Key >= from && pair.Key <= to).Sum(pair => pair.Value)));
        }

        return buckets;
    }

    private int Quantile(double share)
    {
        var before = 0L;
        foreach (var (length, rows) in lengths)
        {
            before += rows;
            if (before >= share * rowsRead) return length;
        }

        return 0;
    }
}
