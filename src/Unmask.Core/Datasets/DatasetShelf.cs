using System.Text;
using System.Text.Json;
using Unmask.Core.Events;
using Unmask.Core.Storage;

namespace Unmask.Core.Datasets;

/// <summary>The data sets of a workbench, one folder each. A data set is complete, or it is not there.</summary>
/// <param name="folder">Where they lie.</param>
public sealed class DatasetShelf(string folder)
{
    private const string DescriptionFile = "dataset.json";

    /// <summary>Endings of files that hold rows.</summary>
    public static IReadOnlyList<string> Endings { get; } = [".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet", ".arrow", ".feather", ".txt"];

    /// <summary>All data sets, the last added first.</summary>
    public IReadOnlyList<StoredDataset> All => !Directory.Exists(folder) ? [] :
        [.. Directory.EnumerateDirectories(folder).Select(path => Find(Path.GetFileName(path))).OfType<StoredDataset>().OrderByDescending(dataset => dataset.Added)];

    /// <summary>The data set of that id; null where there is none.</summary>
    public StoredDataset? Find(string id)
    {
        var description = Path.Combine(folder, id, DescriptionFile);
        return Slug.Is(id) && File.Exists(description) ? JsonSerializer.Deserialize<StoredDataset>(File.ReadAllBytes(description), EventFormat.Options) : null;
    }

    /// <summary>What a training names to use it: its file, or its folder where it has several.</summary>
    public string PathOf(StoredDataset dataset) => dataset.Files.Count == 1 ? Path.Combine(folder, dataset.Id, dataset.Files[0].Name) : Path.Combine(folder, dataset.Id);

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
        var id = Slug.Free(Slug.Of(title, instead: "data"), taken => Path.Exists(Path.Combine(folder, taken)));
        using var draft = FolderDraft.Begin(Path.Combine(folder, id));
        await using (var file = draft.Create(name)) await content.CopyToAsync(file, 1 << 17, stop);
        var written = FileDigest.Of(Path.Combine(draft.Path, name));
        if (written.Bytes == 0) throw new UserError($"{fileName} is empty; choose a file with rows.");
        return Keep(draft, new StoredDataset(id, title, [new StoredFile(name, written.Bytes, written.Sha256)], source, DateTimeOffset.UtcNow));
    }

    /// <summary>Copies a file or the files of a folder of this machine.</summary>
    /// <exception cref="UserError">Nothing with rows is there.</exception>
    public StoredDataset Copy(string path, string title, string source) => Take(path, title, source, SearchOption.TopDirectoryOnly, (from, draft, name) =>
    {
        using var content = File.OpenRead(from);
        using var to = draft.Create(name);
        content.CopyTo(to);
    });

    /// <summary>Takes the files below a folder of this machine by further names for them, which cost no disk; where the file system cannot, they are copied.</summary>
    /// <exception cref="UserError">Nothing with rows is there.</exception>
    public StoredDataset Link(string path, string title, string source) => Take(path, title, source, SearchOption.AllDirectories, (from, draft, name) =>
        FileLink.Make(File.ResolveLinkTarget(from, returnFinalTarget: true)?.FullName ?? from, Path.Combine(draft.Path, name)));

    private StoredDataset Take(string path, string title, string source, SearchOption depth, Action<string, FolderDraft, string> take)
    {
        string[] files = Directory.Exists(path) ? [.. Directory.EnumerateFiles(path, "*", depth).Where(HoldsRows).Order(StringComparer.Ordinal)] : File.Exists(path) && HoldsRows(path) ? [path] : [];
        if (files.Length == 0) throw new UserError($"{path} holds no rows; name a file, or a folder with files, that ends in {string.Join(", ", Endings)}.");
        var id = Slug.Free(Slug.Of(title, instead: "data"), taken => Path.Exists(Path.Combine(folder, taken)));
        using var draft = FolderDraft.Begin(Path.Combine(folder, id));
        List<StoredFile> copied = [];
        foreach (var file in files)
        {
            var name = depth == SearchOption.TopDirectoryOnly ? Path.GetFileName(file) : Path.GetRelativePath(path, file).Replace(Path.DirectorySeparatorChar, '-');
            take(file, draft, name);
            var written = FileDigest.Of(Path.Combine(draft.Path, name));
            copied.Add(new StoredFile(name, written.Bytes, written.Sha256));
        }

        return Keep(draft, new StoredDataset(id, title, copied, source, DateTimeOffset.UtcNow));
    }

    /// <summary>Gives it another title.</summary>
    public void Rename(string id, string title)
    {
        var dataset = Find(id) ?? throw new UserError($"There is no data set {id}.");
        if (string.IsNullOrWhiteSpace(title)) throw new UserError("The data set has no name; give it one.");
        Durable.WriteFile(Path.Combine(folder, id, DescriptionFile), Json(dataset with { Title = title.Trim() }));
    }

    /// <summary>Deletes it for good.</summary>
    /// <param name="id">Which.</param>
    /// <param name="users">Runs and templates that name it; while there is one, it stays.</param>
    /// <exception cref="UserError">Something uses it.</exception>
    public void Delete(string id, IReadOnlyList<string> users)
    {
        var dataset = Find(id) ?? throw new UserError($"There is no data set {id}.");
        if (users.Count > 0) throw new UserError($"{dataset.Title} is used by {string.Join(", ", users)}; delete those first, or let them end.");
        FolderDraft.Remove(Path.Combine(folder, id));
    }

    private static StoredDataset Keep(FolderDraft draft, StoredDataset dataset)
    {
        using (var description = draft.Create(DescriptionFile)) description.Write(Json(dataset));
        draft.Complete();
        return dataset;
    }

    private static byte[] Json(StoredDataset dataset) => Encoding.UTF8.GetBytes(JsonSerializer.Serialize(dataset, EventFormat.Options));

    private static bool HoldsRows(string path) => Endings.Contains(Path.GetExtension(path).ToLowerInvariant());

    /// <summary>The last part of a name, without what a path could be made of.</summary>
    private static string SafeName(string fileName)
    {
        var last = fileName.Split('/', '\\')[^1];
        var ending = Path.GetExtension(last).ToLowerInvariant();
        if (!Endings.Contains(ending)) throw new UserError($"{last} is not a file with rows that can be read; it must end in {string.Join(", ", Endings)}.");
        return Slug.Of(Path.GetFileNameWithoutExtension(last), instead: "data") + ending;
    }
}
