using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Unmask.Core.Hub;
using Unmask.Core.Runs;
using Unmask.Core.Storage;
using Unmask.Core.Workspaces;

namespace Unmask.Core.Models;

/// <summary>The models and adaptors of a workbench: what runs gave, what was put into the folder of models, and what lies in the cache of the Hub. The folders are the truth, looked at anew each time.</summary>
/// <param name="workspace">The home folder.</param>
/// <param name="hub">The cache of the Hub; null to leave it out.</param>
public sealed class ModelShelf(Workspace workspace, Func<HubCache>? hub = null)
{
    private const string ConfigFile = "config.json";
    private const string AdaptorFile = "adapter_config.json";
    private const string OutputsFolder = "outputs";
    private const string CheckpointsFolder = "checkpoints";

    /// <summary>In the name of a folder that an engine is writing still.</summary>
    private const string PartialMark = ".partial-";

    /// <summary>Between run and step in the id of a checkpoint; the id of a model cannot hold it.</summary>
    private const char CheckpointMark = '.';
    private const int Depth = 2;

    /// <summary>All of them, the last made first.</summary>
    public IReadOnlyList<StoredModel> All
    {
        get
        {
            List<StoredModel> found = [.. Below(workspace.ModelsPath, Depth).Select(folder => Look(folder, Path.GetRelativePath(workspace.ModelsPath, folder), run: null))];
            foreach (string run in Runs)
            {
                string outputs = Path.Combine(run, OutputsFolder), name = Path.GetFileName(run);
                found.AddRange(Below(outputs, Depth).Select(folder => Look(folder, $"{name}-{Path.GetRelativePath(outputs, folder)}", name)));
            }

            found.AddRange(Cached.Select(model => Look(model.Folder, model.Name, run: null) with { Name = model.Name, Hub = model.Name }));
            return WithBases(Numbered(found));
        }
    }

    /// <summary>The checkpoints of runs, to write with: whole models, and adaptors that name theirs. The last saved first. They come and go with their runs, so they are not among the models.</summary>
    public IReadOnlyList<StoredModel> Checkpoints =>
        [.. Numbered(Runs.SelectMany(run => new CheckpointShelf(Path.Combine(run, CheckpointsFolder)).All.Select(checkpoint => OfCheckpoint(checkpoint, Path.GetFileName(run))).OfType<StoredModel>())).OrderByDescending(checkpoint => checkpoint.Written)];

    /// <summary>The model or the checkpoint of that id; null where there is none.</summary>
    public StoredModel? Find(string id) => Slug.Is(id) ? (id.Contains(CheckpointMark) ? Checkpoints : All).FirstOrDefault(model => model.Id == id) : null;

    /// <summary>A folder for a new model, which nothing has yet.</summary>
    /// <param name="name">What people call it.</param>
    public string NewPlace(string name) => Path.Combine(workspace.ModelsPath, Slug.Free(Slug.Of(name, instead: "model"), taken => Path.Exists(Path.Combine(workspace.ModelsPath, taken))));

    /// <summary>Deletes a model of the folder of models. One that a run gave goes with its run.</summary>
    /// <param name="id">Which.</param>
    /// <param name="users">Who uses it; it stays when anybody does.</param>
    /// <exception cref="UserError">It is used, or belongs to a run, or the disk refuses.</exception>
    public void Delete(string id, IReadOnlyList<string> users)
    {
        StoredModel model = Find(id) ?? throw new UserError($"There is no model {id} any more.");
        if (model.Hub is { } name) throw new UserError($"{name} lies in the cache of the Hub, which other programs share; remove it there: unmask hub cache remove {name}");
        if (model.Run is { } run) throw new UserError($"{model.Name} came out of the run {run} and goes with it; delete the run, or what it gave.");
        if (users.Count > 0) throw new UserError($"{model.Name} is used by {string.Join(", ", users)}; end or delete that first.");
        try
        {
            FolderDraft.Remove(model.Path);
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            throw new UserError($"{model.Path} cannot be deleted: {failure.Message.TrimEnd('.')}. Close what uses it and try again.");
        }
    }

    /// <summary>The one in a folder; null where there is none.</summary>
    public StoredModel? At(string path) => All.FirstOrDefault(model => model.Path == path);

    /// <summary>Models in the cache of the Hub, each at its main revision, or the only one there is.</summary>
    private IEnumerable<(string Name, string Folder)> Cached => hub is null ? [] :
        from repository in CachedRepository.In(hub())
        where repository.Kind == HubKind.Model
        let commit = repository.Commits.FirstOrDefault(commit => commit.Refs.Contains(HubId.Main)) ?? repository.Commits.LastOrDefault()
        where commit is not null
        let folder = Path.Combine(repository.Folder, "snapshots", commit.Commit)
        where File.Exists(Path.Combine(folder, ConfigFile)) || File.Exists(Path.Combine(folder, AdaptorFile))
        select (repository.Name, folder);

    private IEnumerable<string> Runs => workspace.RunFolders.Where(Directory.Exists).SelectMany(Directory.EnumerateDirectories).Where(run => !Path.GetFileName(run).StartsWith('.'));

    private static StoredModel? OfCheckpoint(CheckpointFolder checkpoint, string run)
    {
        if (checkpoint.Manifest is not { } manifest) return null;
        bool isAdaptor = File.Exists(Path.Combine(checkpoint.Path, AdaptorFile));
        string? named = isAdaptor ? Json(checkpoint.Path, AdaptorFile)?["base_model_name_or_path"]?.ToString() : null;
        string step = Path.GetFileName(checkpoint.Path);
        return new($"{Slug.Of(run, instead: "run")}{CheckpointMark}{step}", string.Create(CultureInfo.InvariantCulture, $"{run}, step {checkpoint.Step:N0}"), "checkpoint",
            ClassOf(isAdaptor ? named : checkpoint.Path), manifest.Bytes, Directory.GetLastWriteTimeUtc(checkpoint.Path))
        {
            Path = checkpoint.Path,
            Run = run,
            Base = named,
        };
    }

    /// <summary>Folders at or below one that hold a model or an adaptor.</summary>
    private static IEnumerable<string> Below(string folder, int depth)
    {
        if (!Directory.Exists(folder)) return [];
        if (File.Exists(Path.Combine(folder, ConfigFile)) || File.Exists(Path.Combine(folder, AdaptorFile))) return [folder];
        return depth == 0 ? [] : Directory.EnumerateDirectories(folder).Where(inner => !Path.GetFileName(inner).StartsWith('.') && !Path.GetFileName(inner).Contains(PartialMark, StringComparison.Ordinal)).SelectMany(inner => Below(inner, depth - 1));
    }

    private static StoredModel Look(string folder, string name, string? run)
    {
        Lineage? lineage = Lineage.Read(folder);
        bool isAdaptor = File.Exists(Path.Combine(folder, AdaptorFile));
        ModelOrigin? origin = ModelOrigin.Read(folder);
        ModelOrigin? made = origin is { Way: not ModelWay.Imported } ? origin : null;
        string? named = isAdaptor ? Json(folder, AdaptorFile)?["base_model_name_or_path"]?.ToString() : made?.From ?? lineage?.Base?.Name;
        FileInfo[] files = [.. new DirectoryInfo(folder).EnumerateFiles()];
        return new(Slug.Of(name, instead: "model"), origin?.Name ?? lineage?.Name ?? Path.GetFileName(folder), isAdaptor ? "adaptor" : made?.Way == ModelWay.Merged ? "fused" : lineage?.Kind ?? "model",
            lineage?.Architecture ?? ClassOf(isAdaptor ? named : folder), files.Sum(BytesOf), origin?.Made ?? lineage?.Finished ?? files.Max(file => file.LastWriteTimeUtc))
        {
            Path = folder,
            Run = run,
            Base = string.IsNullOrEmpty(named) ? null : named,
            BasePath = isAdaptor ? named : made?.FromPath ?? lineage?.Base?.Path,
            Origin = origin,
        };
    }

    /// <summary>Size of a file, of a link that of what it leads to; 0 where that is gone.</summary>
    private static long BytesOf(FileInfo file) => file.LinkTarget is null ? file.Length : file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo { Exists: true } target ? target.Length : 0;

    /// <summary>Ids that differ, however alike the names are; the order of the folders decides who keeps the plain one.</summary>
    private static IEnumerable<StoredModel> Numbered(IEnumerable<StoredModel> found)
    {
        HashSet<string> taken = [];
        foreach (StoredModel model in found.OrderBy(model => model.Path, StringComparer.Ordinal))
        {
            string id = Slug.Free(model.Id, taken.Contains);
            taken.Add(id);
            yield return model with { Id = id };
        }
    }

    private static List<StoredModel> WithBases(IEnumerable<StoredModel> found)
    {
        List<StoredModel> all = [.. found.OrderByDescending(model => model.Written)];
        Dictionary<string, string> idOf = all.ToDictionary(model => model.Path, model => model.Id);
        return [.. all.Select(model => model.BasePath is { Length: > 0 } path && idOf.GetValueOrDefault(Full(path, model.Path)) is { } id ? model with { BaseId = id } : model)];
    }

    private static string Full(string path, string beside) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path, beside));

    private static string? ClassOf(string? folder) => folder is not null && Json(folder, ConfigFile) is { } config && config["architectures"] is JsonArray { Count: > 0 } names ? names[0]?.ToString() : null;

    /// <summary>A small file as an object; null where it is none.</summary>
    private static JsonObject? Json(string folder, string file)
    {
        try
        {
            string path = Path.Combine(folder, file);
            return File.Exists(path) ? JsonNode.Parse(File.ReadAllBytes(path)) as JsonObject : null;
        }
        catch (Exception unreadable) when (unreadable is JsonException || StorageFailure.IsStorage(unreadable))
        {
            return null;
        }
    }
}
