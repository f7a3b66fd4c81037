using Unmask.Core.Hub.Datasets;
using Unmask.Engine.Data.Files.Readers;

namespace Unmask.Engine.Data.Files.Discovery;

/// <summary>The files of a dataset by split, found from a path that a user gave.</summary>
/// <param name="Splits">Files of each split (<see cref="SplitNames"/>), in reading order; at least one split, none empty. A dataset without named parts is all <c>train</c>.</param>
/// <param name="Ignored">Files and parts that were seen and are not read, for the report.</param>
public sealed record DatasetFiles(IReadOnlyDictionary<string, IReadOnlyList<DataFile>> Splits, IReadOnlyList<string> Ignored)
{
    /// <summary>Files with rows that are not read, because others carry the name of a split and they do not.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <summary>
    /// Finds the files of: a file; a folder of files, with split names in their names or in the names of subfolders; a pattern such as
    /// <c>data/*.jsonl</c>; a dataset or dataset dictionary saved by Hugging Face's <c>save_to_disk</c>; or several of these, joined by + and with row limits in brackets.
    /// </summary>
    /// <param name="path">What the user gave.</param>
    /// <param name="format">Form of the files, where their endings do not tell it; in a folder only files with known endings are found.</param>
    /// <param name="stop">Ends the search.</param>
    /// <exception cref="UserError">Nothing is there, or nothing that is understood.</exception>
    public static DatasetFiles Find(string path, DataFormat? format = null, CancellationToken stop = default)
    {
        if (Directory.Exists(path)) return InFolder(path, stop);
        if (File.Exists(path))
        {
            var file = format is { } given ? new DataFile(path, given) : DataFile.At(path);
            ForeignContent.Refuse(file, RawFile.Open);
            return new Search(stop).Add(file, named: null).Done(path);
        }


        var name = Path.GetFileName(path);
        var folder = Path.GetDirectoryName(path) is { Length: > 0 } parent ? parent : ".";
        if (name.AsSpan().IndexOfAny("*?") >= 0 && Directory.Exists(folder)) return Matching(path, Directory.EnumerateFiles(folder, name), stop);
        if (DatasetSpec.IsSpec(path)) return JoinedDataSets.Find(path, format, stop);
        throw new UserError(Missing(path, folder));
    }

    private static DatasetFiles InFolder(string folder, CancellationToken stop)
    {
        if (File.Exists(Path.Combine(folder, "state.json"))) return Add(new Search(stop), folder, named: null).Done(folder);
        if (!File.Exists(Path.Combine(folder, "dataset_dict.json")))
        {
            return Matching(folder, DataFolder.Files(folder), stop);
        }

        var search = new Search(stop);
        foreach (var name in Chosen(SavedDataSet.Splits(folder), search)) Add(search, Path.Combine(folder, name), name);
        return search.Done(folder);
    }

    /// <summary>Adds a saved dataset: a folder whose state.json names its Arrow files.</summary>
    private static Search Add(Search search, string folder, string? named)
    {
        foreach (var path in SavedDataSet.Files(folder)) search.Add(new DataFile(path, DataFormat.Arrow), named);
        return search;
    }

    private static DatasetFiles Matching(string path, IEnumerable<string> found, CancellationToken stop)
    {
        var search = new Search(stop);
        foreach (var file in found.Order(StringComparer.Ordinal))
        {
            var relative = Directory.Exists(path) ? Path.GetRelativePath(path, file) : Path.GetFileName(file);
            var hidden = relative.Split(Path.DirectorySeparatorChar).Any(part => part.StartsWith('.'));
            if (hidden || DataFolder.IsCompanion(file) || DataFile.FormatOf(file) is not { } format)
            {
                if (!hidden) search.Ignored.Add(file);
                continue;
            }

            search.Add(new DataFile(file, format), relative);
        }

        return search.Done(path);
    }

    /// <summary>
    /// One name for each part where a dataset has several that tell the same part (train_sft and train_gen): the plain name, then the one for
    /// supervised fine-tuning, else all of them. The others are told as ignored.
    /// </summary>
    private static List<string> Chosen(IReadOnlyList<string> names, Search search)
    {
        var chosen = new List<string>();
        foreach (var group in names.GroupBy(name => SplitNames.Of(name) ?? SplitNames.Train))
        {
            var plain = group.Where(name => name.Equals(group.Key, StringComparison.OrdinalIgnoreCase)).ToList();
            var tuned = group.Where(name => name.EndsWith("_sft", StringComparison.OrdinalIgnoreCase)).ToList();
            var taken = plain.Count > 0 ? plain : tuned.Count > 0 ? tuned : [.. group];
            chosen.AddRange(taken);
            search.Ignored.AddRange(group.Except(taken).Select(name => $"split '{name}'"));
        }

        return [.. names.Where(chosen.Contains)];
    }

    private static string Missing(string path, string folder)
    {
        var near = Directory.Exists(folder)
            ? Directory.EnumerateFileSystemEntries(folder).Where(entry => DataFile.FormatOf(entry) is not null).Select(Path.GetFileName).Order(StringComparer.Ordinal).Take(8).ToList()
            : [];
        var hint = near.Count > 0 ? $"'{folder}' holds {string.Join(", ", near)}." : Directory.Exists(folder) ? $"'{folder}' holds no data files." : $"There is no folder '{folder}' either.";
        return $"The dataset '{path}' does not exist. {hint} A dataset of the Hugging Face Hub is written owner/name.";
    }

    /// <summary>Files gathered so far.</summary>
    private sealed class Search(CancellationToken stop)
    {
        private readonly OpenFile open = RawFile.Metered(RawFile.Open, _ => stop.ThrowIfCancellationRequested());
        private readonly List<(string? Split, DataFile File)> files = [];
        private readonly List<string> leftOut = [];

        public List<string> Ignored { get; } = [];

        /// <param name="file">A file; a JSON file with an array for each split is taken apart.</param>
        /// <param name="named">Text in which the split's name may be (a path inside the dataset, a split's own name).</param>
        public Search Add(DataFile file, string? named)
        {
            if (file.Format == DataFormat.Json) file = file with { Layout = JsonFile.Inspect(file.Path, open) };
            if (file.Layout is { Layout: JsonLayout.Members, Members: var members } && members.Any(member => SplitNames.Of(member) is not null))
            {
                var splits = members.Where(member => SplitNames.Of(member) is not null).ToList();
                Ignored.AddRange(members.Except(splits).Select(member => $"array '{member}' of '{file.Path}'"));
                foreach (var member in Chosen(splits, this)) files.Add((SplitNames.Of(member), file with { Member = member }));
                return this;
            }

            files.Add((named is null ? null : SplitNames.Of(named), file));
            return this;
        }

        public DatasetFiles Done(string path)
        {
            if (files.Count == 0)
            {
                throw new UserError($"'{path}' holds no file with rows. Known endings: {DataFile.KnownEndings}.");
            }

            // Files without a split's name belong to training; beside named training files they are something else.
            if (files.Any(file => file.Split == SplitNames.Train) && files.Any(file => file.Split is null))
            {
                leftOut.AddRange(files.Where(file => file.Split is null).Select(file => file.File.Path));
                Ignored.AddRange(leftOut);
                files.RemoveAll(file => file.Split is null);
            }

            var splits = files.GroupBy(file => file.Split ?? SplitNames.Train)
                .ToDictionary(group => group.Key, IReadOnlyList<DataFile> (group) => [.. group.Select(file => file.File)]);
            return new DatasetFiles(splits, Ignored) { LeftOut = leftOut };
        }
    }
}
