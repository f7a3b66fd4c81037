using System.Text.Json.Nodes;
using Unmask.Core.Hub.Caching;
using Unmask.Core.Hub.Http;
using Unmask.Core.Runs;
using Unmask.Core.Runs.Checkpoints;
using Unmask.Core.Storage;
using Unmask.Core.Workspaces;

namespace Unmask.Core.Models;

/// <summary>The models and adapters of a workbench: what runs gave, what was put into the folder of models, and what lies in the cache of the Hub. The folders are the truth, looked at anew each time.</summary>
/// <param name="workspace">The home folder.</param>
/// <param name="hub">The cache of the Hub; null to leave it out.</param>
public sealed class ModelStore(Workspace workspace, Func<HubCache>? hub = null)
{
    private const string ConfigFile = "config.json";
    private const string AdapterFile = "adapter_config.json";
    private const string OutputsFolder = "outputs";
    private const string CheckpointsFolder = "checkpoints";

    /// <summary>Between run and step in the id of a checkpoint; the id of a model cannot hold it.</summary>
    private const char CheckpointMark = '.';
    private const int Depth = 2;

    /// <summary>Places that were given and are being written.</summary>
    private readonly HashSet<string> writing = new(StringComparer.Ordinal);

    /// <summary>All of them, the last made first.</summary>
    public IReadOnlyList<StoredModel> All
    {
        get
        {
            List<StoredModel> found = [.. Below(workspace.ModelsPath, Depth).Select(folder => LookOrTell(folder, Path.GetRelativePath(workspace.ModelsPath, folder), run: null))];
            foreach (string run in Runs)
            {
                string outputs = Path.Combine(run, OutputsFolder), name = Path.GetFileName(run);
                found.AddRange(Below(outputs, Depth).Select(folder => LookOrTell(folder, $"{name}-{Path.GetRelativePath(outputs, folder)}", name)));
            }

            found.AddRange(Cached.Select(model => LookOrTell(model.Folder, model.Name, run: null) with { Name = model.Name, Hub = model.Name }));
            return WithBases(Numbered(found));
        }
    }

    /// <summary>The checkpoints of runs, to write with: whole models, and adapters that name theirs. The last saved first. They come and go with their runs, so they are not among the models.</summary>
    public IReadOnlyList<StoredModel> Checkpoints =>
        [.. Numbered(Runs.SelectMany(run => new CheckpointStore(Path.Combine(run, CheckpointsFolder)).All.Select(checkpoint => OfCheckpoint(checkpoint, Path.GetFileName(run))).OfType<StoredModel>())).OrderByDescending(checkpoint => checkpoint.Written)];

    /// <summary>The model or the checkpoint of that id; null where there is none.</summary>
    public StoredModel? Find(string id) => Slug.Is(id) ? (id.Contains(CheckpointMark) ? Checkpoints : All).FirstOrDefault(model => model.Id == id) : null;

    /// <summary>An empty folder for a new model, which nobody else gets.</summary>
    /// <param name="name">What people call it.</param>
    /// <exception cref="UserError">The disk refuses.</exception>
    public string NewPlace(string name)
    {
        try
        {
            string parent = Directory.CreateDirectory(workspace.ModelsPath).FullName;
            lock (writing) return Path.Combine(parent, Slug.Free(Slug.Of(name, instead: "model"), candidate => !IsMine(Path.Combine(parent, candidate))));
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            throw StorageFailure.Explain(failure, workspace.ModelsPath);
        }
    }

    /// <summary>Takes a place for a model to be; what writes it may have to remove the empty folder for a moment.</summary>
    private bool IsMine(string place) => !writing.Contains(place) && NewFolder.TryCreate(place) && writing.Add(place);

    /// <summary>Lets a place go in which a model was written, or none.</summary>
    public void LetGo(string place)
    {
        lock (writing) writing.Remove(place);
        try
        {
            if (Directory.Exists(place) && !Directory.EnumerateFileSystemEntries(place).Any()) Directory.Delete(place);
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            // An empty folder is no model; the next start removes it.
        }
    }

    /// <summary>Deletes a model of the folder of models. One that a run gave goes with its run.</summary>
    /// <param name="id">Which.</param>
    /// <param name="users">Who uses it; it stays when anybody does.</param>
    /// <exception cref="UserError">It is used, or belongs to a run, or the disk refuses.</exception>
    public void Delete(string id, IReadOnlyList<string> users)
    {
        StoredModel model = Find(id) ?? throw new UserError($"There is no model {id} any more.");
        if (model.Hub is { } name) throw new UserError($"{name} is in the shared Hub cache. Remove it with: unmask hub cache remove {ShellWord.Quote(name)}");
        if (model.Run is { } run) throw new UserError($"{model.Name} is an output of the run {run}. Delete the run, or its outputs.");
        if (users.Count > 0) throw new UserError($"{model.Name} is used by {string.Join(", ", users)}. Close or delete those first.");
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
        where File.Exists(Path.Combine(folder, ConfigFile)) || File.Exists(Path.Combine(folder, AdapterFile))
        select (repository.Name, folder);

    private IEnumerable<string> Runs => workspace.RunFolders.SelectMany(FoldersIn).Where(run => !Path.GetFileName(run).StartsWith('.'));

    private static StoredModel? OfCheckpoint(CheckpointFolder checkpoint, string run)
    {
        if (checkpoint.Manifest is not { } manifest) return null;
        bool isAdapter = File.Exists(Path.Combine(checkpoint.Path, AdapterFile));
        string? named = isAdapter ? BaseOf(checkpoint.Path) : null;
        string step = Path.GetFileName(checkpoint.Path);
        return new($"{Slug.Of(run, instead: "run")}{CheckpointMark}{step}", string.Create(CultureInfo.InvariantCulture, $"{run}, step {checkpoint.Step:N0}"), "checkpoint",
            ClassOf(isAdapter ? named : checkpoint.Path), manifest.Bytes, Directory.GetLastWriteTimeUtc(checkpoint.Path))
        {
            Path = checkpoint.Path,
            Run = run,
            Base = named,
        };
    }

    /// <summary>Folders at or below one that hold a model or an adapter.</summary>
    private static IEnumerable<string> Below(string folder, int depth)
    {
        if (!Directory.Exists(folder)) return [];
        if (Path.Exists(Path.Combine(folder, ConfigFile)) || Path.Exists(Path.Combine(folder, AdapterFile))) return [folder];
        return depth == 0 ? [] : FoldersIn(folder).Where(inner => !Path.GetFileName(inner).StartsWith('.') && !Workspace.IsPartial(Path.GetFileName(inner))).SelectMany(inner => Below(inner, depth - 1));
    }

    /// <summary>The folders in one; none where it is not there or may not be read.</summary>
    private static string[] FoldersIn(string folder)
    {
        try
        {
            return Directory.Exists(folder) ? Directory.GetDirectories(folder) : [];
        }
        catch (Exception unreadable) when (StorageFailure.IsStorage(unreadable))
        {
            return [];
        }
    }

    /// <summary>A model that cannot be read is among the others, with why; it hides none of them.</summary>
    private static StoredModel LookOrTell(string folder, string name, string? run)
    {
        try
        {
            return Look(folder, name, run);
        }
        catch (Exception failure) when (failure is UserError || StorageFailure.IsStorage(failure))
        {
            return new(Slug.Of(name, instead: "model"), Path.GetFileName(folder), "model", null, 0, new DateTimeOffset(Directory.GetLastWriteTimeUtc(folder), TimeSpan.Zero))
            {
                Path = folder,
                Run = run,
                Problem = failure is UserError ? failure.Message : $"{folder} cannot be read: {failure.Message.TrimEnd('.')}. Check the folder, or delete it.",
            };
        }
    }

    private static StoredModel Look(string folder, string name, string? run)
    {
        Lineage? lineage = Lineage.Read(folder);
        bool isAdapter = Path.Exists(Path.Combine(folder, AdapterFile));

        // Read for its fault: what cannot be read is no model, whatever the files beside it say.
        JsonObject own = JsonInput.ReadObject(Path.Combine(folder, isAdapter ? AdapterFile : ConfigFile));
        ModelOrigin? origin = ModelOrigin.Read(folder);
        ModelOrigin? made = origin is { Way: not ModelWay.Imported } ? origin : null;
        string? named = isAdapter ? TextOf(own["base_model_name_or_path"]) : made?.From ?? lineage?.Base?.Name;
        FileInfo[] files = [.. new DirectoryInfo(folder).EnumerateFiles()];
        return new(Slug.Of(name, instead: "model"), origin?.Name ?? lineage?.Name ?? Path.GetFileName(folder), isAdapter ? "adapter" : made?.Way == ModelWay.Merged ? "fused" : lineage?.Kind ?? "model",
            lineage?.Architecture ?? ClassOf(isAdapter ? named : folder), files.Aggregate(0L, (all, file) => all + BytesOf(file)), origin?.Made ?? lineage?.Finished ?? new DateTimeOffset(files.Max(file => file.LastWriteTimeUtc), TimeSpan.Zero))
        {
            Path = folder,
            Run = run,
            Base = string.IsNullOrEmpty(named) ? null : named,
            BasePath = isAdapter ? named : made?.FromPath ?? lineage?.Base?.Path,
            Origin = origin,
        };
    }

    /// <summary>Size of a file, of a link that of what it leads to; 0 where that is gone.</summary>
    private static long BytesOf(FileInfo file)
    {
        try
        {
            return file.LinkTarget is null ? file.Length : file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo { Exists: true } target ? target.Length : 0;
        }
        catch (Exception nowhere) when (StorageFailure.IsStorage(nowhere))
        {
            // It leads in a circle, or went away meanwhile.
            return 0;
        }
    }

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
        Dictionary<string, string> idOf = [];
        foreach (StoredModel model in all) idOf.TryAdd(model.Path, model.Id);
        return [.. all.Select(model => model.BasePath is { Length: > 0 } path && idOf.GetValueOrDefault(Full(path, model.Path)) is { } id ? model with { BaseId = id } : model)];
    }

    private static string Full(string path, string beside) => path.Contains('\0', StringComparison.Ordinal) ? path : Path.TrimEndingDirectorySeparator(Path.GetFullPath(path, beside));

    /// <summary>The class of a folder that is named with its whole path; a name alone is no folder, least of all one of where the workbench happens to run.</summary>
    private static string? ClassOf(string? folder) => folder is not null && Path.IsPathFullyQualified(folder) && Json(folder, ConfigFile)?["architectures"] is JsonArray { Count: > 0 } names ? TextOf(names[0]) : null;

    private static string? BaseOf(string folder) => TextOf(Json(folder, AdapterFile)?["base_model_name_or_path"]);

    private static string? TextOf(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    /// <summary>A small file as an object; null where it is none.</summary>
    private static JsonObject? Json(string folder, string file)
    {
        try
        {
            return Path.Exists(Path.Combine(folder, file)) ? JsonInput.ReadObject(Path.Combine(folder, file)) : null;
        }
        catch (UserError)
        {
            return null;
        }
    }
}
