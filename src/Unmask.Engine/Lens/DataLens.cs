using Unmask.Core.Data;
using Unmask.Core.Events;
using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Recipes;
using Unmask.Core.Parameters.Validation;
using Unmask.Core.Storage;
using Unmask.Engine.Data;
using Unmask.Engine.Objectives;
using Unmask.Engine.Objectives.Losses;
using Unmask.Engine.Objectives.Mdlm;
using Unmask.Engine.Training.Preparation;
using Unmask.Text.Tokenizers;

namespace Unmask.Engine.Lens;

/// <summary>
/// Shows rows of a run's training data as its engine will see them: which tokens, what each is to training, what is cut or left out and why, and which tokens
/// the noise hides. Reads, tokenizes, collates and corrupts by the code of training; loads no weights and leaves nothing on disk.
/// </summary>
public sealed class DataLens : IDisposable
{
    /// <summary>The epoch whose noise is shown.</summary>
    public const int Epoch = 0;

    private readonly TrainParameters _parameters;
    private readonly DirectoryInfo _folder;
    private readonly TrainingSubject _subject;
    private readonly TrainingRowWalk _walk;

    private DataLens(TrainParameters parameters, DirectoryInfo folder, CancellationToken stop)
    {
        _parameters = parameters;
        _folder = folder;
        _subject = TrainingSubject.Prepare(parameters, TokenizerFolder, stop);
        UserError.ThrowIfAny(Problems());
        _walk = new TrainingRowWalk(parameters, _subject, stop);
    }

    private string TokenizerFolder => Path.Combine(_folder.FullName, "tokenizer");

    /// <summary>As <see cref="Open(TrainParameters, CancellationToken)"/>, for settings as they were written, if they are right. What only this version cannot train bears on no row.</summary>
    public static DataLens Open(Recipe recipe, CancellationToken stop = default)
    {
        var limits = VersionLimits.Check(recipe.Parameters).Select(problem => problem.Setting).ToHashSet();
        UserError.ThrowIfAny([.. recipe.Check().Where(problem => problem.Severity == Severity.Error && (problem.Setting is null || !limits.Contains(problem.Setting))).Select(problem => problem.Sentence)]);
        return Open(recipe.Parameters, stop);
    }

    /// <summary>Finds data, model and tokenizer of a run, or learns the vocabulary of a fresh model.</summary>
    /// <param name="parameters">The run's settings.</param>
    /// <param name="stop">Ends the learning of a vocabulary.</param>
    /// <exception cref="UserError">Something is missing, wrong, or does not fit together.</exception>
    public static DataLens Open(TrainParameters parameters, CancellationToken stop = default)
    {
        var folder = ScratchFolder.Create("lens");
        try
        {
            return new DataLens(parameters, folder, stop);
        }
        catch
        {
            folder.Delete(recursive: true);
            throw;
        }
    }

    /// <summary>Looks at some rows, as if they were a batch.</summary>
    /// <param name="selection">Which rows.</param>
    /// <param name="noise">Look for the rows' places among all training rows and draw their noise. Where rows are held out, all rows are prepared for that.</param>
    /// <param name="events">Told how the preparation of all rows goes, and what it counts.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="UserError">A row is not there, or no row is.</exception>
    public LensView Look(RowSelection selection, bool noise, IEventSink events, CancellationToken stop = default)
    {
        using var data = noise && _walk.HoldsOut ? TrainingRows.Prepare(_parameters, _subject, TokenizerFolder, Path.Combine(_folder.FullName, "data"), events, stop) : null;
        var rows = _walk.Walk(selection, noise ? new TrainingPlaces(data) : null, stop);
        var examples = rows.Where(IsExample).Select(row => new Example(row.Place ?? 0, row.Ids[..row.Kept], row.PromptLength)).ToList();
        var shifts = _subject.Architecture.ShiftsLogits;
        var batch = examples.Count == 0 ? null : Objective.Layout.Collate(examples);
        var noises = noise && batch is not null ? NoiseLens.Of(batch, CorruptionOptions.Of(_parameters, shifts), Mask, _parameters.Seed, Epoch) : null;
        var next = 0;
        var shown = new List<LensRow>();
        foreach (var row in rows)
        {
            var column = IsExample(row) ? next++ : (int?)null;
            var tokens = column is { } place ? Collated(row, batch!, place) : Apart(row);
            shown.Add(new LensRow(row.Number, row.Status)
            {
                File = row.File,
                Rule = row.Rule,
                Reason = ReasonOf(row),
                Counts = Count(row, tokens),
                Text = row.Text,
                Tokens = tokens,
                Index = row.Place,
                Noise = row.Place is not null && column is { } drawn ? noises?[drawn] : null,
            });
        }

        return new LensView
        {
            Rows = shown,
            Width = batch?.Width ?? 0,
            MaskToken = new LensMask(Mask, _subject.Tokenizer.TokenOf(Mask) ?? ""),
            ShiftsLogits = shifts,
            HoldsOut = _walk.HoldsOut && !noise,
            Notes = [.. Notes()],
        };
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private int Mask => _subject.Tokenizer.Special.Mask!.Value;

    /// <summary>In a batch of training, or of evaluation, which is collated alike.</summary>
    private static bool IsExample(WalkedRow row) => row.Status is RowStatus.Kept or RowStatus.Truncated or RowStatus.HeldOut;

    private List<LensToken> Collated(WalkedRow row, Batch batch, int place)
    {
        var start = place * batch.Width;
        var begin = batch.PromptLengths[place] - Math.Min(row.PromptLength, row.Kept);
        var roles = new List<TokenRole>();
        for (var column = 0; column < batch.Width; column++)
        {
            var scored = batch.Labels[start + column] != Batch.IgnoredLabel;
            var padding = column >= begin + row.Kept;
            roles.Add((scored, padding) switch
            {
                (true, false) => TokenRole.Response,
                (true, true) => column < batch.Lengths[place] ? TokenRole.Padding : TokenRole.BlindPadding,
                (false, true) => TokenRole.Unscored,
                _ => column < begin ? TokenRole.Begin : TokenRole.Prompt,
            });
        }

        // A row that is cut fills the batch: nothing stands between its last column and what was cut off.
        var cut = row.Ids.AsSpan(row.Kept);
        roles.AddRange(Enumerable.Repeat(TokenRole.Cut, cut.Length));
        return Tokens([.. batch.Ids.AsSpan(start, batch.Width), .. cut], roles);
    }

    private List<LensToken> Apart(WalkedRow row) => Tokens(
        row.Ids, [.. row.Ids.Select((_, at) => at >= _parameters.MaxLength ? TokenRole.Cut : at < row.PromptLength ? TokenRole.Prompt : TokenRole.Unscored)]);

    private List<LensToken> Tokens(ReadOnlySpan<int> ids, List<TokenRole> roles)
    {
        var pieces = TokenPieces.Of(_subject.Tokenizer, ids);
        return [.. ids.ToArray().Select((id, at) => new LensToken(id, pieces[at], roles[at]))];
    }

    private static LensCounts Count(WalkedRow row, List<LensToken> tokens)
    {
        int Of(TokenRole role) => tokens.Count(token => token.Role == role);
        var scoredPadding = Of(TokenRole.Padding) + Of(TokenRole.BlindPadding);
        var padding = tokens.Count - row.Ids.Length - Of(TokenRole.Begin);
        return new LensCounts(row.Ids.Length, Of(TokenRole.Prompt), Of(TokenRole.Response), Of(TokenRole.Cut), padding, Of(TokenRole.Response) + scoredPadding);
    }

    private string? ReasonOf(WalkedRow row)
    {
        var (p, length) = (_parameters, row.Ids.Length);
        return row.Status switch
        {
            RowStatus.Kept => null,
            RowStatus.Truncated => $"Truncated: {length} tokens, max_length is {p.MaxLength}; the last {length - row.Kept} tokens are removed, including the end of the response.",
            RowStatus.HeldOut => $"Evaluation row: in the validation split of {p.EvalSplit.ToString(CultureInfo.InvariantCulture)} (eval_split), not used for training.",
            RowStatus.TooLong => $"Dropped: {length} tokens, max_length is {p.MaxLength}, and truncation is filter.",
            RowStatus.PromptFillsLimit => $"Dropped: the prompt has {row.PromptLength} tokens and max_length is {p.MaxLength}, so no response token remains.",
            RowStatus.NothingToTrain => length == 0 ? "Dropped: the row is empty." : $"Dropped: the response is empty (prompt of {row.PromptLength} tokens).",
            RowStatus.BeyondLimit => $"Dropped: train_rows is {p.TrainRows}, which earlier rows fill.",
            _ => $"Dropped: {row.Fault}",
        };
    }

    private IDiffusionObjective Objective => ObjectiveCatalog.Create(_subject.ObjectiveContext(_parameters));

    /// <summary>What training does to batches beside what is shown.</summary>
    private IEnumerable<string> Notes()
    {
        if (_walk.LeftOut is { } leftOut) yield return leftOut;
        var shaping = Objective.Shaping;
        if (shaping.PerBatchCutoff) yield return "Training also cuts the answers of each batch to the length of one of them, drawn at random (perbatch_cutoff).";
        if (shaping is { PerBatchCutoff: false, ResponseCutoffRatio: > 0 and var ratio }) yield return $"Training also cuts off the end of {Share(ratio)} of the batches at random (resp_cutoff_ratio).";
        if (shaping.RandomLengthRatio > 0) yield return $"Training also cuts {Share(shaping.RandomLengthRatio)} of the batches to a random length.";
        foreach (var sentence in _walk.Notices.Concat(_subject.Conversations.Notices.Sentences())) yield return sentence;
    }

    private static string Share(double share) => (100 * share).ToString("0.##", CultureInfo.InvariantCulture) + "%";

    /// <summary>What is wrong with settings and vocabulary, as a run would tell before it starts. What only this version cannot train bears on no row.</summary>
    private List<string> Problems() =>
        [.. ParameterValidation.Check(_parameters, _subject.Facts()).Except(VersionLimits.Check(_parameters)).Where(problem => problem.Severity == Severity.Error).Select(problem => problem.Sentence)];
}
