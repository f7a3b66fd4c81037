using Unmask.Engine.Data.Files;
using Unmask.Engine.Data.Files.Discovery;

namespace Unmask.Engine.Data.Preparation;

/// <summary>Which files give the training rows and which the evaluation rows.</summary>
/// <param name="Train">Files with the training rows.</param>
/// <param name="Eval">Files with the evaluation rows; null when there are none of their own.</param>
/// <param name="HoldOut">Evaluation rows are to be held out from the training rows.</param>
/// <param name="Ignored">What was seen and is not read.</param>
public sealed record SplitPlan(IReadOnlyList<DataFile> Train, IReadOnlyList<DataFile>? Eval, bool HoldOut, IReadOnlyList<string> Ignored)
{
    private const int FilesNamed = 8;

    /// <summary>What is not read although it holds rows, a sentence; null where all is read.</summary>
    public string? LeftOut { get; init; }

    /// <summary>Finds the files. An evaluation dataset counts first, then a split that is named in the settings, then the dataset's own validation or test split.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="stop">Ends the search, which looks through JSON files to their ends.</param>
    /// <exception cref="UserError">A dataset or a split is not there.</exception>
    public static SplitPlan Of(DataSettings settings, CancellationToken stop = default)
    {
        var data = DatasetFiles.Find(settings.Dataset, settings.Format, stop);
        var evalData = settings is { Evaluation: true, EvalDataset: { } other } ? DatasetFiles.Find(other, stop: stop) : null;
        var plan = Of(settings, data, evalData);
        var missed = new[] { plan.Missed(settings.Dataset, data), evalData is null ? null : Missed(settings.EvalDataset!, Unnamed(evalData)) }.OfType<string>().Distinct().ToList();
        return plan with { LeftOut = missed.Count == 0 ? null : string.Join(" ", missed) };
    }

    private static SplitPlan Of(DataSettings settings, DatasetFiles data, DatasetFiles? evalData)
    {
        var train = Split(data, settings.DatasetSplit, "dataset_split", settings.Dataset);
        if (!settings.Evaluation) return new SplitPlan(train, null, HoldOut: false, data.Ignored);

        if (evalData is not null)
        {
            var eval = settings.EvalDatasetSplit is { } split
                ? Split(evalData, split, "eval_dataset_split", settings.EvalDataset!)
                : Own(evalData, without: null) ?? evalData.Splits[SplitNames.Train];
            return new SplitPlan(train, eval, HoldOut: false, [.. data.Ignored, .. evalData.Ignored]);
        }

        if (settings.EvalDatasetSplit is { } named)
        {
            return new SplitPlan(train, Split(data, named, "eval_dataset_split", settings.Dataset), HoldOut: false, data.Ignored);
        }

        var own = Own(data, without: train);
        return new SplitPlan(train, own, HoldOut: own is null && settings.EvalSplit > 0, data.Ignored);
    }

    private string? Missed(string dataset, DatasetFiles data)
    {
        var listed = Unnamed(data);
        foreach (var (name, files) in data.Splits)
        {
            if (!Train.Any(files.Contains) && Eval?.Any(files.Contains) != true) listed.Add($"{Named([.. files.Select(file => file.Path).Distinct()])} {(files.Count == 1 ? "is" : "are")} taken for the split '{name}', which is not used");
        }

        return Missed(dataset, listed);
    }

    private static string? Missed(string dataset, List<string> listed) =>
        listed.Count == 0 ? null : $"Not all of '{dataset}' is read: {string.Join("; ", listed)}. To read a file as well, rename it, or join files by name: dataset: a.jsonl + b.jsonl.";

    private static List<string> Unnamed(DatasetFiles data) => data.LeftOut.Count == 0
        ? []
        : [$"{Named(data.LeftOut)} {(data.LeftOut.Count == 1 ? "has" : "have")} no split in {(data.LeftOut.Count == 1 ? "its name" : "their names")}, but other files have"];

    private static string Named(IReadOnlyList<string> paths) =>
        string.Join(", ", paths.Take(FilesNamed).Select(path => $"'{path}'")) + (paths.Count > FilesNamed ? $" and {paths.Count - FilesNamed} more" : "");

    private static IReadOnlyList<DataFile>? Own(DatasetFiles data, IReadOnlyList<DataFile>? without)
    {
        foreach (var name in new[] { SplitNames.Validation, SplitNames.Test })
        {
            if (data.Splits.TryGetValue(name, out var files) && !ReferenceEquals(files, without)) return files;
        }

        return null;
    }

    private static IReadOnlyList<DataFile> Split(DatasetFiles data, string name, string setting, string dataset) =>
        data.Splits.TryGetValue(SplitNames.Of(name) ?? name, out var files)
            ? files
            : throw new UserError($"{setting} is '{name}', but '{dataset}' has {string.Join(" and ", data.Splits.Keys.Select(key => $"'{key}'"))} only; name one of these.");
}
