using Unmask.Core.Hub.Http;
using Unmask.Core.Storage;

namespace Unmask.Core.Hub.Caching;

/// <summary>A commit of a cached model or dataset.</summary>
/// <param name="Commit">Its name.</param>
/// <param name="Refs">Revisions that mean it.</param>
/// <param name="Files">How many files it has here.</param>
/// <param name="Bytes">Their size; other commits may share some.</param>
public sealed record CachedCommit(string Commit, IReadOnlyList<string> Refs, int Files, long Bytes);

/// <summary>A model or dataset in the cache.</summary>
/// <param name="Kind">Which of the two.</param>
/// <param name="Name">Its name on the Hub.</param>
/// <param name="Folder">Its folder.</param>
/// <param name="Bytes">What it takes on the disk.</param>
/// <param name="Commits">Its commits.</param>
/// <param name="BegunBytes">Of these, what belongs to downloads that were cut off.</param>
/// <param name="Changed">When its newest content came.</param>
public sealed record CachedRepository(HubKind Kind, string Name, string Folder, long Bytes, IReadOnlyList<CachedCommit> Commits, long BegunBytes, DateTimeOffset Changed)
{
    private const string PartEnding = ".incomplete";

    /// <summary>Everything in a cache, the largest first.</summary>
    public static IReadOnlyList<CachedRepository> In(HubCache cache) => !Directory.Exists(cache.Root) ? [] :
        [.. Directory.EnumerateDirectories(cache.Root).Select(ReadOrTell).OfType<CachedRepository>().OrderByDescending(found => found.Bytes)];

    /// <summary>Why its folder cannot be read, in a sentence; null when it can.</summary>
    public string? Problem { get; init; }

    /// <summary>What does not hold what its name says, or is missing: one sentence each. Reads every content.</summary>
    public IReadOnlyList<string> Verify(Action<long> passed, CancellationToken stop)
    {
        List<string> problems = [];
        foreach (var blob in Blobs())
        {
            stop.ThrowIfCancellationRequested();
            if (!BlobName.IsTrueOf(blob.FullName, blob.Name)) problems.Add($"{blob.FullName} does not hold what its name says; remove {Name} and download it again.");
            passed(blob.Length);
        }

        foreach (string link in Commits.SelectMany(commit => FilesOf(commit.Commit)).Where(path => HubCache.Length(path) is null)) problems.Add($"{link} leads nowhere; download {Name} again.");
        foreach (var commit in Commits)
        {
            foreach (var file in (HubListing.Read(Folder, commit.Commit) ?? []).Where(file => HubCache.Length(Path.Combine(Folder, "snapshots", commit.Commit, file.Path)) is { } length && length != file.Bytes))
            {
                problems.Add($"{file.Path} of {Name} at {commit.Commit} has another size than the {file.Bytes} bytes that the Hub listed; download it again.");
            }
        }

        return problems;
    }

    /// <summary>Removes one commit, with the contents that no other one needs, or everything when it was the last or none is named.</summary>
    /// <exception cref="UserError">A download of it is going on, or the disk refuses.</exception>
    public void Remove(HubCache cache, string? commit)
    {
        string locks = Path.Combine(cache.Root, ".locks", Path.GetFileName(Folder));
        if (Directory.Exists(locks) && Directory.EnumerateFiles(locks, "*.lock").Any(HeldFile.IsHeld)) throw new UserError($"{Name} is being downloaded; wait for it, or stop it first.");
        try
        {
            if (commit is null || Commits.All(other => other.Commit == commit))
            {
                Directory.Delete(Folder, recursive: true);
                if (Directory.Exists(locks)) Directory.Delete(locks, recursive: true);
                return;
            }

            var kept = Commits.Where(other => other.Commit != commit).SelectMany(other => FilesOf(other.Commit)).Select(BlobBehind).ToHashSet(StringComparer.Ordinal);
            string[] gone = [.. FilesOf(commit).Select(BlobBehind).OfType<string>().Where(blob => !kept.Contains(blob)).Distinct()];
            foreach (string named in Refs(Folder).Where(named => named.Commit == commit).Select(named => named.File)) File.Delete(named);
            Directory.Delete(Path.Combine(Folder, "snapshots", commit), recursive: true);
            foreach (string blob in gone) File.Delete(blob);
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            throw StorageFailure.Explain(failure, Folder);
        }
    }

    /// <summary>A folder that cannot be read is among the others, with why; it hides none of them.</summary>
    private static CachedRepository? ReadOrTell(string folder)
    {
        try
        {
            return Read(folder);
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            return new CachedRepository(HubKind.Model, Path.GetFileName(folder), folder, 0, [], 0, default) { Problem = $"{folder} cannot be read: {failure.Message.TrimEnd('.')}. Check the folder, or delete it and download again." };
        }
    }

    private static CachedRepository? Read(string folder)
    {
        var (kind, rest) = Path.GetFileName(folder) switch
        {
            var name when name.StartsWith("models--", StringComparison.Ordinal) => (HubKind.Model, name["models--".Length..]),
            var name when name.StartsWith("datasets--", StringComparison.Ordinal) => (HubKind.Dataset, name["datasets--".Length..]),
            _ => (HubKind.Model, ""),
        };
        string snapshots = Path.Combine(folder, "snapshots");
        if (rest.Length == 0) return null;
        var refs = Refs(folder).ToLookup(named => named.Commit, named => named.Name);
        var found = new CachedRepository(kind, rest.Replace("--", "/", StringComparison.Ordinal), folder, 0, [], 0, Directory.GetLastWriteTimeUtc(folder));
        CachedCommit[] commits = [.. (Directory.Exists(snapshots) ? Directory.EnumerateDirectories(snapshots) : []).Select(Path.GetFileName).Order(StringComparer.Ordinal).Select(commit => found.Look(commit!, [.. refs[commit!]]))];
        FileInfo[] blobs = [.. found.Blobs(parts: true)];
        return found with
        {
            Commits = commits,
            Bytes = blobs.Sum(blob => blob.Length),
            BegunBytes = blobs.Where(blob => blob.Name.EndsWith(PartEnding, StringComparison.Ordinal)).Sum(blob => blob.Length),
            Changed = blobs.Select(blob => new DateTimeOffset(blob.LastWriteTimeUtc)).Append(found.Changed).Max(),
        };
    }

    private CachedCommit Look(string commit, IReadOnlyList<string> refs)
    {
        long[] files = [.. FilesOf(commit).Select(HubCache.Length).OfType<long>()];
        return new CachedCommit(commit, refs, files.Length, files.Sum());
    }

    private static IEnumerable<(string Name, string Commit, string File)> Refs(string folder)
    {
        string refs = Path.Combine(folder, "refs");
        return !Directory.Exists(refs) ? [] : FileWalk.Files(refs)
            .Select(file => (Path.GetRelativePath(refs, file).Replace('\\', '/'), HubCache.SmallText(file)?.Trim() ?? "", file));
    }

    private IEnumerable<string> FilesOf(string commit) => FileWalk.Files(Path.Combine(Folder, "snapshots", commit));

    private IEnumerable<FileInfo> Blobs(bool parts = false)
    {
        var blobs = new DirectoryInfo(Path.Combine(Folder, "blobs"));
        return !blobs.Exists ? [] : blobs.EnumerateFiles().Where(blob => parts || !blob.Name.EndsWith(PartEnding, StringComparison.Ordinal));
    }

    /// <summary>The blob that a path of a snapshot leads to; null for a file of its own.</summary>
    private static string? BlobBehind(string path) => new FileInfo(path).LinkTarget is { } target ? Path.GetFullPath(target, Path.GetDirectoryName(path)!) : null;
}
