using System.Text;
using System.Text.Json;
using Unmask.Core.Events;
using Unmask.Core.Storage;

namespace Unmask.Core.Datasets;

/// <summary>The datasets of a workbench, one folder each. A dataset is complete, or it is not there.</summary>
/// <param name="folder">Where they lie.</param>
public sealed class DatasetStore(string folder)
{
    private const string DescriptionFile = "dataset.json";

    /// <summary>Endings of files that hold rows.</summary>
    public static IReadOnlyList<string> Endings { get; } = [".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet", ".arrow", ".feather", ".txt"];

    /// <summary>All datasets, the last added first; those that cannot be read are among them, with why.</summary>
    public IReadOnlyList<StoredDataset> All => !Directory.Exists(folder) ? [] :
        [.. Directory.GetDirectories(folder).Select(path => Find(Path.GetFileName(path))).OfType<StoredDataset>().OrderByDescending(dataset => dataset.Added)];

    /// <summary>The dataset of that id, be it one that cannot be read; null where there is none.</summary>
    public StoredDataset? Find(string id)
    {
        if (!Slug.Is(id)) return null;
        var place = Path.Combine(folder, id);
        try
        {
            if (!Directory.Exists(place) || !Directory.EnumerateFileSystemEntries(place).Any()) return null;
            var read = JsonRecord.Read<StoredDataset>(Path.Combine(place, DescriptionFile)) with { Id = id, Problem = null };
            return read.Files.All(IsPlain) ? read : Unreadable(id, $"{Path.Combine(place, DescriptionFile)} names files that are not in its folder. Restore the file from a copy, or delete the dataset.");
        }
        catch (UserError broken)
        {
            return Unreadable(id, broken.Message);
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            return Unreadable(id, $"{place} cannot be read: {failure.Message.TrimEnd('.')}. Check who may read the folder.");
        }
    }

    /// <summary>Refuses what does not fit on the disk of the datasets.</summary>
    /// <param name="bytes">Its size; null where the sender does not say.</param>
    /// <exception cref="UserError">There is less room.</exception>
    public void CheckRoom(long? bytes)
    {
        var free = new DriveInfo(Directory.CreateDirectory(folder).FullName).AvailableFreeSpace;
        if (bytes > free) throw new UserError($"The file has {bytes:N0} bytes, and {free:N0} are free on the disk of {folder}; free some space, or name the path of the file in the form instead.");
    }

    /// <summary>What a training names to use it: its file, or its folder where it has several.</summary>
    public string PathOf(StoredDataset dataset) => dataset.Files.Count == 1 ? Path.Combine(FolderOf(dataset), dataset.Files[0].Name) : FolderOf(dataset);

    /// <summary>Its folder, which goes with all that lies in it.</summary>
    public string FolderOf(StoredDataset dataset) => Path.Combine(folder, dataset.Id);

    /// <summary>Takes a file in while it comes, and gives it its place when it is whole.</summary>
    /// <param name="fileName">Its name as the sender has it; only its last part and ending count.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="source">Where it comes from.</param>
    /// <param name="stop">Ends it; nothing stays.</param>
    /// <exception cref="UserError">The ending is not one of a file with rows, the file is empty, or the disk is full.</exception>
    public async Task<StoredDataset> Add(string fileName, Stream content, string source, CancellationToken stop = default)
    {
        var name = SafeName(fileName);
        var title = Path.GetFileNameWithoutExtension(name);
        using var draft = FolderDraft.Reserve(folder, Slug.Of(title, instead: "data"));
        await using (var file = draft.Create(name)) await content.CopyToAsync(file, 1 << 17, stop);
        var written = FileDigest.Of(Path.Combine(draft.Path, name));
        if (written.Bytes == 0) throw new UserError($"{fileName} is empty; choose a file with rows.");
        return Keep(draft, new StoredDataset(IdOf(draft), title, [new StoredFile(name, written.Bytes, written.Sha256)], source, DateTimeOffset.UtcNow));
    }

    /// <summary>Copies a file or the files of a folder of this machine.</summary>
    /// <exception cref="UserError">Nothing with rows is there.</exception>
    public StoredDataset Copy(string path, string title, string source) => Take(path, title, source, deep: false, (from, draft, name) =>
    {
        using var content = InputFile.Open(from);
        using var to = draft.Create(name);
        content.CopyTo(to);
    });

    /// <summary>Takes the files below a folder of this machine by further names for them, which cost no disk; where the file system cannot, they are copied.</summary>
    /// <exception cref="UserError">Nothing with rows is there.</exception>
    public StoredDataset Link(string path, string title, string source) => Take(path, title, source, deep: true, (from, draft, name) =>
        FileLink.Make(File.ResolveLinkTarget(from, returnFinalTarget: true)?.FullName ?? from, Path.Combine(draft.Path, name)));

    private StoredDataset Take(string path, string title, string source, bool deep, Action<string, FolderDraft, string> take)
    {
        string[] files = Directory.Exists(path) ? [.. (deep ? FileWalk.Files(path) : Directory.EnumerateFiles(path)).Where(HoldsRows).Order(StringComparer.Ordinal)] : File.Exists(path) && HoldsRows(path) ? [path] : [];
        if (files.Length == 0) throw new UserError($"{path} holds no rows; name a file, or a folder with files, that ends in {string.Join(", ", Endings)}.");
        using var draft = FolderDraft.Reserve(folder, Slug.Of(title, instead: "data"));
        List<StoredFile> copied = [];
        try
        {
            foreach (var file in files)
            {
                var wanted = deep ? Path.GetRelativePath(path, file).Replace(Path.DirectorySeparatorChar, '-') : Path.GetFileName(file);
                // Names that differ by their folder alone may become one.
                var name = Path.Exists(Path.Combine(draft.Path, wanted)) ? FormattableString.Invariant($"{copied.Count:00000}-{wanted}") : wanted;
                take(file, draft, name);
                var written = FileDigest.Of(Path.Combine(draft.Path, name));
                copied.Add(new StoredFile(name, written.Bytes, written.Sha256));
            }
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            throw StorageFailure.Explain(failure, draft.Target);
        }

        return Keep(draft, new StoredDataset(IdOf(draft), title, copied, source, DateTimeOffset.UtcNow));
    }

    /// <summary>Gives it another title.</summary>
    public void Rename(string id, string title)
    {
        var dataset = Find(id) ?? throw new UserError($"There is no dataset {id}.");
        if (dataset.Problem is { } problem) throw new UserError(problem);
        if (string.IsNullOrWhiteSpace(title)) throw new UserError("The name of the dataset is empty. Enter a name.");
        Durable.WriteFile(Path.Combine(folder, id, DescriptionFile), Json(dataset with { Title = title.Trim() }));
    }

    /// <summary>Deletes it for good.</summary>
    /// <param name="id">Which.</param>
    /// <param name="users">Runs and templates that name it; while there is one, it stays.</param>
    /// <exception cref="UserError">Something uses it.</exception>
    public void Delete(string id, IReadOnlyList<string> users)
    {
        var dataset = Find(id) ?? throw new UserError($"There is no dataset {id}.");
        if (users.Count > 0) throw new UserError($"{dataset.Title} is used by {string.Join(", ", users)}. Delete those first, or wait for them to end.");
        try
        {
            FolderDraft.Remove(Path.Combine(folder, id));
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            throw new UserError($"{Path.Combine(folder, id)} cannot be deleted: {failure.Message.TrimEnd('.')}. Close what uses it and try again.");
        }
    }

    private static StoredDataset Keep(FolderDraft draft, StoredDataset dataset)
    {
        using (var description = draft.Create(DescriptionFile)) description.Write(Json(dataset));
        draft.Complete();
        return dataset;
    }

    private static string IdOf(FolderDraft draft) => Path.GetFileName(draft.Target);

    /// <summary>A name of a file right in the folder, with a size that there can be.</summary>
    private static bool IsPlain(StoredFile file) => file is { Name: { Length: > 0 } name, Bytes: >= 0 and <= 1L << 50 } && name is not ("." or "..") && name.AsSpan().IndexOfAny("/\\\0") < 0;

    private StoredDataset Unreadable(string id, string problem) => new(id, id, [], "", new DateTimeOffset(Directory.GetLastWriteTimeUtc(Path.Combine(folder, id)), TimeSpan.Zero)) { Problem = problem };

    private static byte[] Json(StoredDataset dataset) => Encoding.UTF8.GetBytes(JsonSerializer.Serialize(dataset, EventFormat.Options));

    private static bool HoldsRows(string path) => Endings.Contains(Path.GetExtension(path).ToLowerInvariant());

    /// <summary>The last part of a name, without what a path could be made of.</summary>
    private static string SafeName(string fileName)
    {
        var last = fileName.Split('/', '\\')[^1];
        var ending = Path.GetExtension(last).ToLowerInvariant();
        if (!Endings.Contains(ending)) throw new UserError($"{last} is not a file with rows that can be read. It must end in {string.Join(", ", Endings)}.");
        return Slug.Of(Path.GetFileNameWithoutExtension(last), instead: "data") + ending;
    }
}
