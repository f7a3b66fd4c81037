using System.Text.Encodings.Web;
using System.Text.Json;
using Unmask.Core.Data;
using Unmask.Core.Storage;

namespace Unmask.Engine.Data.Preparation;

/// <summary>
/// From a user's files to rows of tokens: finds and reads the files, tokenizes, cuts or leaves out long rows, parts training from evaluation rows, and counts
/// all of it. Rows that are already prepared from the same files and settings are used again, so that a resumed run starts at once and on the same rows.
/// </summary>
/// <param name="settings">Which rows, and what is done with them.</param>
/// <param name="encoderFor">Gives what turns a row into tokens (with <see cref="DataSettings.Pretrain"/>: a text into tokens, without an end token). Called once for
/// the training files and once for evaluation files of their own, which may have other columns.</param>
/// <param name="notices">What a person should know of how the rows were read and tokenized, asked for when they are; kept with them. Null for nothing.</param>
/// <param name="columns">Which columns may be read; files that can leave the others out do. Null for all.</param>
/// <param name="encodingFingerprint">Changes whenever <paramref name="encoderFor"/> would give other tokens: a hash of tokenizer, template and column settings.</param>
public sealed class DataPreparation(DataSettings settings, RowEncoderFactory encoderFor, string encodingFingerprint, Func<IEnumerable<string>>? notices = null, Func<string, bool>? columns = null)
{
    /// <summary>Rows that an encoder is chosen by.</summary>
    public const int RowsLookedAt = 64;

    private const string ReportName = "report.json";

    private static readonly JsonSerializerOptions ReportJson = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Prepares the rows into <paramref name="folder"/>, or finds them there. A preparation that is cut short leaves nothing under that name.</summary>
    /// <param name="folder">Folder for the prepared rows; what else lies there is replaced.</param>
    /// <param name="progress">Told how far it is; on the calling thread.</param>
    /// <param name="cancellation">Stops the preparation.</param>
    /// <exception cref="UserError">A file is missing or damaged, a split is not there, or no usable row remains.</exception>
    public PreparedData Prepare(string folder, Action<DataProgress>? progress = null, CancellationToken cancellation = default)
    {
        progress ??= static _ => { };
        var plan = SplitPlan.Of(settings, cancellation);
        var input = InputFingerprint.Of(settings, plan, encodingFingerprint, progress, cancellation);
        if (Existing(folder, input) is { } existing) return existing;

        var partial = folder.TrimEnd(Path.DirectorySeparatorChar) + ".partial";
        Remove(partial);
        try
        {
            Build(partial, plan, input, progress, cancellation);
            Remove(folder);
            Directory.Move(partial, folder);
        }
        catch (Exception error)
        {
            Remove(partial);
            if (error is not (IOException or UnauthorizedAccessException)) throw;
            throw StorageFailure.Explain(error, folder);
        }

        return Open(folder, reused: false);
    }

    private static PreparedData? Existing(string folder, string input)
    {
        if (!File.Exists(Path.Combine(folder, ReportName))) return null;
        PreparedData? prepared = null;
        try
        {
            prepared = Open(folder, reused: true);
            if (prepared.Report.InputFingerprint == input)
            {
                prepared.Train.Verify();
                prepared.Eval?.Verify();
                return prepared;
            }
        }
        catch (Exception error) when (error is UserError or JsonException)
        {
            // Damaged or foreign: it is prepared again.
        }

        prepared?.Dispose();
        return null;
    }

    private static PreparedData Open(string folder, bool reused)
    {
        var report = JsonInput.Deserialize<DataReport>(InputFile.ReadBytes(Path.Combine(folder, ReportName)), ReportJson)
            ?? throw new JsonException("The report is null.");
        var train = ExampleStore.Open(Path.Combine(folder, "train"));
        var eval = report.EvalRows > 0 ? ExampleStore.Open(Path.Combine(folder, "eval")) : null;
        return new PreparedData(train, eval, report, reused);
    }

    private void Build(string folder, SplitPlan plan, string input, Action<DataProgress> progress, CancellationToken cancellation)
    {
        List<string> warnings = plan.LeftOut is { } leftOut ? [leftOut] : [];
        var evalHashes = new HashSet<ulong>();
        PartReport? evalRead = null;
        if (plan.Eval is not null)
        {
            var evalPass = new PreparationPass(settings, encoderFor, columns, progress, cancellation) { Kept = (ids, prompt) => evalHashes.Add(HeldOutRows.HashOf(ids, prompt, 0)) };
            using var evalStore = new ExampleStoreWriter(Path.Combine(folder, "eval"));
            evalRead = evalPass.Run(plan.Eval, settings.EvalRows, evalStore);
            if (evalRead.Kept == 0) throw new UserError(NothingLeft(evalRead, "evaluation"));
        }

        var shared = 0L;
        var pass = new PreparationPass(settings, encoderFor, columns, progress, cancellation)
        {
            Kept = evalHashes.Count == 0 ? null : (ids, prompt) => shared += evalHashes.Contains(HeldOutRows.HashOf(ids, prompt, 0)) ? 1 : 0,
        };
        PartReport read;
        using (var store = new ExampleStoreWriter(Path.Combine(folder, plan.HoldOut ? "all" : "train")))
        {
            read = pass.Run(plan.Train, plan.HoldOut ? HeldOutRows.ReadLimit(settings) : settings.TrainRows, store);
        }

        if (read.Kept == 0) throw new UserError(NothingLeft(read, "training"));
        if (shared > 0) warnings.Add($"{shared} of the {read.Kept} training rows are also evaluation rows; so the evaluation loss is too low.");
        warnings.AddRange(notices?.Invoke() ?? []);
        if (plan.HoldOut) Part(folder, warnings, progress, cancellation);
        WriteReport(folder, new DataReport
        {
            InputFingerprint = input,
            Read = read,
            EvalRead = evalRead,
            TrainFingerprint = "",
            Ignored = plan.Ignored,
            Warnings = warnings,
            HeldOut = plan.HoldOut,
        });
    }

    /// <summary>Parts the store of all rows into training and held-out rows.</summary>
    private void Part(string folder, List<string> warnings, Action<DataProgress> progress, CancellationToken cancellation)
    {
        using (var all = ExampleStore.Open(Path.Combine(folder, "all")))
        using (var train = new ExampleStoreWriter(Path.Combine(folder, "train")))
        using (var eval = new ExampleStoreWriter(Path.Combine(folder, "eval")))
        {
            var target = HeldOutRows.Target(all.Count, settings);
            var held = target > 0 ? HeldOutRows.Choose(all, target, settings.Seed) : new bool[all.Count];
            var most = settings.TrainRows ?? long.MaxValue;
            for (var row = 0; row < all.Count; row++)
            {
                cancellation.ThrowIfCancellationRequested();
                if (held[row]) eval.Add(all.IdsOf(row), all.PromptLengthOf(row));
                else if (train.Count < most) train.Add(all.IdsOf(row), all.PromptLengthOf(row));
                if (row % 1000 == 0) progress(new DataProgress("holding out rows", row));
            }

            train.Complete();
            eval.Complete();
            if (target == 0) warnings.Add($"The dataset has {all.Count} usable rows; at least {HeldOutRows.FewestRows} are needed to hold some out, so there is no evaluation. Name an eval_dataset to have one.");
            else if (eval.Count == 0) warnings.Add($"No row can be held out, because equal rows stay together and too many of the {all.Count} rows are equal; there is no evaluation. Name an eval_dataset to have one.");
        }

        Remove(Path.Combine(folder, "all"));
    }

    private static void WriteReport(string folder, DataReport report)
    {
        using var train = ExampleStore.Open(Path.Combine(folder, "train"));
        using var eval = Directory.Exists(Path.Combine(folder, "eval")) ? ExampleStore.Open(Path.Combine(folder, "eval")) : null;
        report = report with
        {
            TrainRows = train.Count,
            EvalRows = eval?.Count ?? 0,
            TrainFingerprint = train.Fingerprint,
            EvalFingerprint = eval is { Count: > 0 } ? eval.Fingerprint : null,
            HeldOut = report.HeldOut && eval is { Count: > 0 },
        };
        using var file = File.Create(Path.Combine(folder, ReportName));
        JsonSerializer.Serialize(file, report, ReportJson);
        file.Flush(flushToDisk: true);
    }

    private string NothingLeft(PartReport read, string purpose)
    {
        var listed = new List<string>();
        if (read.BadLines > 0) listed.Add($"{read.BadLines} records are bad, the first at {read.FirstBadLines[0]}");
        if (read.TooLong > 0) listed.Add($"{read.TooLong} rows are longer than max_length ({settings.MaxLength})");
        if (read.PromptFillsLimit > 0) listed.Add($"{read.PromptFillsLimit} rows have a prompt that alone fills max_length ({settings.MaxLength})");
        if (read.NothingToTrain > 0) listed.Add($"{read.NothingToTrain} rows have nothing after their prompt");
        if (read.Rejected > 0) listed.Add($"{read.Rejected} rows are labeled as answers that are not to be learned");
        if (settings.Pretrain && read.RowsRead > 0) listed.Add($"the {read.RowsRead} texts together do not fill one row of max_length ({settings.MaxLength}) tokens");
        if (listed.Count == 0) listed.Add("the files are empty");
        var mend = read.TooLong + read.PromptFillsLimit > 0 ? " Raise max_length." : read.NothingToTrain > 0 ? " See which columns are taken with: unmask data render RECIPE.yaml" : "";
        return $"No usable {purpose} row is left in {string.Join(", ", read.Files.Select(file => $"'{file}'"))}: {string.Join("; ", listed)}.{mend}";
    }

    private static void Remove(string folder)
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }
}
