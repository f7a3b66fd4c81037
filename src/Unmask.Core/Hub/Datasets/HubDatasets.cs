using Unmask.Core.Hub.Caching;
using Unmask.Core.Hub.Downloads;
using Unmask.Core.Hub.Http;
using Unmask.Core.Inputs;
using Unmask.Core.Storage;

namespace Unmask.Core.Hub.Datasets;

/// <summary>Datasets of the Hub: by the configurations of their card, by their files, or by the Hub's Parquet export where neither can be read.</summary>
/// <param name="hub">The Hub.</param>
/// <param name="cache">The cache.</param>
public sealed class HubDatasets(HubClient hub, HubCache cache)
{
    /// <summary>The revision at which the Hub keeps what it made of a dataset.</summary>
    private const string ExportRevision = "refs/convert/parquet";

    private const string Card = "README.md";

    /// <summary>What a configuration is called where there is one only.</summary>
    private const string Default = "default";

    private const int MostPatterns = 1000;

    private readonly HubDownload download = new(hub, cache);

    /// <summary>Configurations and their splits, from the card, else from the Parquet export; empty where neither says any.</summary>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> Configs(HubId id, CancellationToken stop = default)
    {
        var declared = await Declared(id, stop);
        if (declared.Count > 0) return declared.GroupBy(config => config.Name).ToDictionary(same => same.Key, IReadOnlyList<string> (same) => [.. same.First().Splits.Select(split => split.Split)]);
        try
        {
            return (await hub.ParquetExport(id, stop)).ToDictionary(config => config.Key, IReadOnlyList<string> (config) => [.. config.Value.Keys]);
        }
        catch (UserError none) when (HubErrors.FaultOf(none) is HubFault.NoFile or HubFault.Missing or HubFault.Unexpected)
        {
            return new Dictionary<string, IReadOnlyList<string>>();
        }
    }

    /// <summary>Gets a dataset, one of its configurations, or one split. The folder that is given back holds nothing else.</summary>
    /// <param name="id">Which.</param>
    /// <param name="config">The configuration; null for the only or default one.</param>
    /// <param name="split">The split; null for all.</param>
    /// <param name="tell">As for <see cref="HubDownload.Get"/>.</param>
    /// <param name="stop">Ends it; what came is kept.</param>
    /// <exception cref="UserError">As for <see cref="HubDownload.Get"/>, or there is no such configuration or split.</exception>
    public async Task<HubSnapshot> Get(HubId id, string? config, string? split, Action<HubProgress>? tell = null, CancellationToken stop = default)
    {
        if (await Declared(id, stop) is { Count: > 0 } declared) return await OfCard(id, Chosen(id, declared, config), split, tell, stop);
        try
        {
            if (config is null && split is null) return await download.Get(id, HubChoice.Data, tell, stop);
            return await OfFolders(id, config, split, tell, stop);
        }
        catch (UserError unreadable) when (HubErrors.FaultOf(unreadable) == HubFault.NoFile)
        {
            return await OfExport(id, config, split, unreadable, tell, stop);
        }
    }

    /// <summary>Files by the patterns of the card.</summary>
    private async Task<HubSnapshot> OfCard(HubId id, DatasetConfig config, string? split, Action<HubProgress>? tell, CancellationToken stop)
    {
        var splits = config.Splits.Where(one => split is null || one.Split == split).ToList();
        if (splits.Count == 0) throw NoSplit(id, split!, config.Splits.Select(one => one.Split));
        if (splits.Sum(one => one.Patterns.Count) is > MostPatterns and var count) throw HubErrors.Of(HubFault.Unexpected, $"The card of {id} names its files by {count:N0} patterns; {MostPatterns:N0} are read. Ask who publishes it for fewer.");
        var patterns = splits.Select(one => (one.Split, Patterns: one.Patterns.Select(Glob.OfPaths).ToArray())).ToArray();
        var choice = HubChoice.Where(HubKind.Dataset, path => Goes(stop) && HubChoice.HoldsRows(path) && patterns.Any(one => one.Patterns.Any(pattern => pattern.IsMatch(path))));
        HubSnapshot got;
        try
        {
            got = await download.Get(id, choice, tell, stop);
        }
        catch (UserError unreadable) when (HubErrors.FaultOf(unreadable) == HubFault.NoFile)
        {
            return await OfExport(id, config.Name, split, unreadable, tell, stop);
        }

        var files = patterns.SelectMany(one => got.Files.Where(path => Goes(stop) && one.Patterns.Any(pattern => pattern.IsMatch(path))).Select(path => (one.Split, path))).ToList();
        return View(got, config.Name, split, files);
    }

    /// <summary>Files whose folders or names tell configuration and split.</summary>
    private async Task<HubSnapshot> OfFolders(HubId id, string? config, string? split, Action<HubProgress>? tell, CancellationToken stop)
    {
        static bool Names(string path, string word) => path.Split('/', '-', '_', '.').Contains(word, StringComparer.OrdinalIgnoreCase) || path.Split('/').Contains(word, StringComparer.OrdinalIgnoreCase);
        bool IsOfConfig(string path) => config is null or Default || path.Split('/').SkipLast(1).Contains(config, StringComparer.OrdinalIgnoreCase);
        var got = await download.Get(id, HubChoice.Where(HubKind.Dataset, path => HubChoice.HoldsRows(path) && IsOfConfig(path) && (split is null || Names(path, split))), tell, stop);
        return View(got, config ?? Default, split, [.. got.Files.Select(path => (split ?? Path.GetDirectoryName(path)!.Replace('\\', '/').Split('/')[^1], path))]);
    }

    /// <summary>What the Hub made of it.</summary>
    private async Task<HubSnapshot> OfExport(HubId id, string? config, string? split, UserError unreadable, Action<HubProgress>? tell, CancellationToken stop)
    {
        if (id.Revision != HubId.Main) throw unreadable;
        var export = id with { Revision = ExportRevision };
        IReadOnlyDictionary<string, IReadOnlyDictionary<string, IReadOnlyList<Uri>>> all;
        try
        {
            all = await hub.ParquetExport(id, stop);
        }
        catch (UserError none) when (HubErrors.FaultOf(none) is HubFault.NoFile or HubFault.Missing)
        {
            throw unreadable;
        }

        catch (UserError absent) when (HubErrors.IsAbsence(absent) && cache.CommitOf(export) is { } known && DatasetView.PathOf(cache.FolderOf(export), known, config ?? Default, split) is var made && Directory.Exists(made))
        {
            return new HubSnapshot(export, known, made, [], hub.Settings.Offline ? null : $"{absent.Message} What is in the cache is used: {id.Name} at {known}.");
        }

        if (all.Count == 0) throw unreadable;
        string chosen = config ?? (all.Count == 1 ? all.Keys.Single() : all.ContainsKey(Default) ? Default : throw NoConfig(id, config, all.Keys));
        if (!all.TryGetValue(chosen, out var splits)) throw NoConfig(id, chosen, all.Keys);
        if (split is not null && !splits.ContainsKey(split)) throw NoSplit(id, split, splits.Keys);
        List<(string Split, string Path, Uri Address)> files =
            [.. splits.Where(one => split is null || one.Key == split).SelectMany(one => one.Value.Select((address, i) => (one.Key, FormattableString.Invariant($"{chosen}/{one.Key}/{i:0000}.parquet"), address)))];
        foreach (var (_, path, _) in files) hub.CheckPath(id, path);
        string commit = await download.Bring(export, [.. files.Select(file => (file.Path, file.Address))], tell, stop);
        return View(new HubSnapshot(export, commit, cache.SnapshotOf(export, commit), [.. files.Select(file => file.Path)]), config ?? Default, split, [.. files.Select(file => (file.Split, file.Path))]);
    }

    private HubSnapshot View(HubSnapshot got, string config, string? split, IReadOnlyList<(string Split, string Path)> files)
    {
        string view = DatasetView.PathOf(cache.FolderOf(got.Id), got.Commit, config, split);
        try
        {
            DatasetView.Make(view, [.. files.Select(file => (file.Split, cache.PathOf(got.Id, got.Commit, file.Path)))]);
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            throw StorageFailure.Explain(failure, view);
        }

        return got with { Folder = view };
    }

    private async Task<IReadOnlyList<DatasetConfig>> Declared(HubId id, CancellationToken stop)
    {
        var card = await download.Get(id, HubChoice.Exactly(HubKind.Dataset, [Card]), null, stop);
        string path = Path.Combine(card.Folder, Card);
        return card.Files.Count > 0 && File.Exists(path) ? DatasetCard.Configs(InputFile.ReadText(path)) : [];
    }

    /// <summary>Always true, unless the person stops it: a card can have many patterns and a repository many files.</summary>
    private static bool Goes(CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        return true;
    }

    private static DatasetConfig Chosen(HubId id, IReadOnlyList<DatasetConfig> declared, string? name) =>
        (name is not null ? declared.FirstOrDefault(config => config.Name == name)
            : declared.Count == 1 ? declared[0] : declared.FirstOrDefault(config => config.IsDefault) ?? declared.FirstOrDefault(config => config.Name == Default))
        ?? throw NoConfig(id, name, declared.Select(config => config.Name));

    private static UserError NoConfig(HubId id, string? name, IEnumerable<string> names) => HubErrors.Of(HubFault.Unexpected, name is null
        ? $"{id} has several configurations: {string.Join(", ", names)}. Name one with --config, in a recipe as {id}[name:{names.First()}]."
        : $"{id} has no configuration {name}; it has {string.Join(", ", names)}.");

    private static UserError NoSplit(HubId id, string name, IEnumerable<string> names) => HubErrors.Of(HubFault.Unexpected, $"{id} has no split {name}; it has {string.Join(", ", names)}.");
}
