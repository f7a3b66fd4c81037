using Unmask.Core.Data;
using Unmask.Core.Parameters;
using Unmask.Engine.Data;
using Unmask.Engine.Data.Files;
using Unmask.Engine.Data.Files.Readers;
using Unmask.Engine.Data.Preparation;
using Unmask.Engine.Data.Rows.Values;
using Unmask.Engine.Training.Preparation;

namespace Unmask.Engine.Lens;

/// <summary>A row on its way into training.</summary>
internal sealed record WalkedRow(long Number, string? File)
{
    public string? Rule { get; init; }

    public string? Text { get; init; }

    public RowStatus Status { get; init; }

    /// <summary>Why it cannot be read or understood.</summary>
    public string? Fault { get; init; }

    /// <summary>All its tokens, and how many of them are kept and are prompt.</summary>
    public int[] Ids { get; init; } = [];

    public int Kept { get; init; }

    public int PromptLength { get; init; }

    public long? Place { get; init; }
}

/// <summary>Goes through the rows of a run's training files as its preparation does, and stops where nothing more is asked for.</summary>
internal sealed class TrainingRowWalk
{
    private readonly TrainParameters _parameters;
    private readonly DataSettings _settings;
    private readonly SplitPlan _plan;
    private RowReader _reader;
    private readonly TrainingSubject _subject;
    private readonly TrainingRowEncoder? _encoder;

    /// <exception cref="UserError">The files have no row, or none that can be understood.</exception>
    public TrainingRowWalk(TrainParameters parameters, TrainingSubject subject, CancellationToken stop)
    {
        _parameters = parameters;
        _subject = subject;
        _settings = DataSettings.From(parameters, subject.Tokenizer.Special.Eos);
        _plan = SplitPlan.Of(_settings, stop);
        _reader = new RowReader(_settings.TextUnit) { Stop = stop, Columns = TrainingRows.Columns(parameters).MayBeRead() };
        var first = _reader.First(_plan.Train, DataPreparation.RowsLookedAt);
        if (first.Count > 0) _encoder = TrainingRowEncoder.For(parameters, subject.Conversations, first);
    }

    /// <summary>What a person should know of how the rows are read, sentences.</summary>
    public IReadOnlyList<string> Notices => _encoder?.Notices ?? [];

    /// <summary>Some rows are held out for evaluation.</summary>
    public bool HoldsOut => _plan.HoldOut;

    /// <summary>What of the dataset is not read although it holds rows, a sentence; null where all is read.</summary>
    public string? LeftOut => _plan.LeftOut;

    /// <summary>The rows that are asked for.</summary>
    /// <param name="selection">Which.</param>
    /// <param name="places">Gives the places among the training rows; null where they are not asked for.</param>
    /// <param name="stop">Ends the walk.</param>
    /// <exception cref="UserError">A row is not there.</exception>
    public List<WalkedRow> Walk(RowSelection selection, TrainingPlaces? places, CancellationToken stop)
    {
        _reader = _reader with { Stop = stop };
        var taken = new List<WalkedRow>();
        var seen = new SortedSet<long>();
        foreach (var row in _parameters.Pretrain ? Joined() : FromFiles(selection, places is not null))
        {
            stop.ThrowIfCancellationRequested();
            seen.Add(row.Number);
            var wanted = selection.Takes(row.Number, taken.Count);
            if (wanted || places is not null)
            {
                var whole = row.Finish();
                if (places is not null && whole.Kept > 0) whole = Placed(whole, places);
                if (wanted) taken.Add(whole);
            }

            if (selection.IsFull(taken.Count) || (_parameters.Pretrain && row.Number >= selection.Last)) break;
        }

        var missing = selection.Numbers.Where(number => !seen.Contains(number)).ToList();
        UserError.ThrowIfAny([.. missing.Select(number => NotThere(number, seen))]);
        if (taken.Count == 0) throw new UserError(_parameters.Pretrain
            ? $"The texts of '{_settings.Dataset}' together do not fill one row of max_length ({_settings.MaxLength}) tokens; lower max_length, or set drop_tail to false."
            : $"'{_settings.Dataset}' is empty; name a dataset with at least one row.");
        return taken;
    }

    private static WalkedRow Placed(WalkedRow row, TrainingPlaces places)
    {
        if (row.Status == RowStatus.BeyondLimit) return row;
        var (place, instead) = places.Next(row.Ids.AsSpan(0, row.Kept), row.PromptLength);
        return row with { Place = place, Status = instead ?? row.Status };
    }

    private string NotThere(long number, SortedSet<long> seen)
    {
        if (_parameters.Pretrain) return $"There is no row {number}: joined and cut into rows of {_settings.MaxLength} tokens, the texts of '{_settings.Dataset}' give {seen.Count}.";
        var before = seen.GetViewBetween(0, number);
        var after = seen.GetViewBetween(number, long.MaxValue);
        string[] near = [.. before.Count > 0 ? [$"line {before.Max}"] : (string[])[], .. after.Count > 0 ? [$"line {after.Min}"] : (string[])[]];
        return $"No row of '{_settings.Dataset}' begins on line {number}{(near.Length == 0 ? "; it is empty" : $"; the nearest {(near.Length == 1 ? "begins" : "begin")} on {string.Join(" and ", near)}")}.";
    }

    /// <summary>A row that is tokenized only where somebody asks for it.</summary>
    private sealed record OpenRow(long Number, Func<WalkedRow> Finish);

    private IEnumerable<OpenRow> FromFiles(RowSelection selection, bool all)
    {
        var limit = _plan.HoldOut ? HeldOutRows.ReadLimit(_settings) : _settings.TrainRows;
        long read = 0;
        var shares = new RowShares();
        foreach (var file in _plan.Train)
        {
            foreach (var (line, row, bad) in Records(file))
            {
                if (row is not null && (!file.Means(row) || !shares.Takes(file))) continue;
                if (line > selection.Last && (!all || file == _plan.Train[^1])) break;
                if (bad is not null)
                {
                    yield return new OpenRow(line, () => new WalkedRow(line, file.Path) { Status = RowStatus.BadLine, Fault = bad.Reason });
                    continue;
                }

                var beyond = read++ >= (limit ?? long.MaxValue);
                yield return new OpenRow(line, () => Encode(row!, beyond));
            }
        }
    }

    /// <summary>The records of a file in order, bad ones among them.</summary>
    private IEnumerable<(long Line, Row? Row, BadLine? Bad)> Records(DataFile file)
    {
        var bad = new Queue<BadLine>();
        foreach (var row in _reader.Read(file, bad.Enqueue))
        {
            while (bad.TryDequeue(out var before)) yield return (before.Line, null, before);
            yield return (row.Line, row, null);
        }

        while (bad.TryDequeue(out var last)) yield return (last.Line, null, last);
    }

    private WalkedRow Encode(Row row, bool beyondLimit)
    {
        var walked = new WalkedRow(row.Line, row.File);
        try
        {
            var encoded = _encoder!.Encode(row);
            if (encoded.LeftOut is { } reason) return walked with { Rule = encoded.Rule, Status = RowStatus.Rejected, Fault = reason };
            var outcome = new LengthRule(_settings.MaxLength, _settings.Truncation).Judge(encoded.Ids.Length, encoded.PromptLength, out var kept);
            return walked with
            {
                Rule = encoded.Rule,
                Text = _subject.Conversations.Render(_encoder.Understand(row)),
                Ids = encoded.Ids,
                PromptLength = encoded.PromptLength,
                Kept = kept,
                Status = beyondLimit ? RowStatus.BeyondLimit : StatusOf(outcome),
            };
        }
        catch (UserError error)
        {
            return walked with { Rule = _encoder!.Understand(row).Rule, Status = RowStatus.BadLine, Fault = error.Message };
        }
    }

    /// <summary>The rows of pretraining: all texts joined and cut.</summary>
    private IEnumerable<OpenRow> Joined()
    {
        var groups = new TokenGroups { RowLength = _settings.MaxLength, EndId = _settings.EndId, DropTail = _settings.DropTail };
        var documents = FromFiles(new RowSelection([], int.MaxValue), all: true).Select(row => row.Finish());
        // Texts that cannot be read, and those behind the limit, have no tokens and are left out before they would add an end token.
        var usable = documents.TakeWhile(row => row.Status != RowStatus.BeyondLimit).Where(row => row.Status is not (RowStatus.BadLine or RowStatus.Rejected));
        var number = 0L;
        foreach (var ids in groups.Cut(usable.Select(row => row.Ids)))
        {
            var row = new WalkedRow(++number, File: null) { Rule = "joined texts", Ids = ids, Kept = ids.Length };
            yield return new OpenRow(number, () => row);
        }
    }

    private static RowStatus StatusOf(LengthOutcome outcome) => outcome switch
    {
        LengthOutcome.Kept => RowStatus.Kept,
        LengthOutcome.Truncated => RowStatus.Truncated,
        LengthOutcome.TooLong => RowStatus.TooLong,
        LengthOutcome.PromptFillsLimit => RowStatus.PromptFillsLimit,
        _ => RowStatus.NothingToTrain,
    };
}
