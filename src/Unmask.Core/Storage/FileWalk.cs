using System.IO.Enumeration;

namespace Unmask.Core.Storage;

/// <summary>
/// The files below a folder. Links to folders are not followed, so that links in circles end no walk late or never, and nothing outside of the folder
/// is found; a link to a file is a file.
/// </summary>
public static class FileWalk
{
    private static readonly EnumerationOptions Below = new() { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = false, ReturnSpecialDirectories = false };

    /// <summary>Full paths of all files, in no order.</summary>
    /// <exception cref="IOException">A folder cannot be read.</exception>
    public static IEnumerable<string> Files(string folder) => Walk(folder, files: true, static (ref FileSystemEntry entry) => entry.ToFullPath());

    /// <summary>Full paths of all folders below this one, links to folders left out.</summary>
    /// <exception cref="IOException">A folder cannot be read.</exception>
    public static IEnumerable<string> Folders(string folder) => Walk(folder, files: false, static (ref FileSystemEntry entry) => entry.ToFullPath());

    /// <summary>Bytes of all files; of links nothing, since they take none here. What goes away meanwhile, or may not be read, counts as nothing.</summary>
    public static long Bytes(string folder)
    {
        if (!Directory.Exists(folder)) return 0;
        try
        {
            var sizes = new FileSystemEnumerable<long>(folder, static (ref FileSystemEntry entry) => entry.Length, Tolerant)
            {
                ShouldRecursePredicate = IsFolder,
                ShouldIncludePredicate = static (ref FileSystemEntry entry) => !entry.IsDirectory && !IsLink(ref entry),
            };
            return sizes.Aggregate(0L, (all, bytes) => all + Math.Min(bytes, 1L << 50));
        }
        catch (Exception gone) when (StorageFailure.IsStorage(gone))
        {
            return 0;
        }
    }

    /// <summary>
    /// Full paths of all files, with those of folders that are linked to; each folder is walked once, however many links lead to it. For folders that a
    /// person names, who may have put a part of them on another disk.
    /// </summary>
    /// <exception cref="IOException">A folder cannot be read.</exception>
    public static IEnumerable<string> FilesBehindLinks(string folder)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        var waiting = new Queue<(string Shown, string Real)>([(folder, RealPath(folder))]);
        while (waiting.TryDequeue(out (string Shown, string Real) here))
        {
            if (!seen.Add(here.Real)) continue;
            foreach (FileSystemInfo entry in new DirectoryInfo(here.Real).EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false }))
            {
                string shown = Path.Combine(here.Shown, entry.Name);
                if (!Directory.Exists(entry.FullName)) yield return shown;
                else waiting.Enqueue((shown, entry.LinkTarget is null ? entry.FullName : RealPath(entry.FullName)));
            }
        }
    }

    private static readonly EnumerationOptions Tolerant = new() { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = true, ReturnSpecialDirectories = false };

    private static FileSystemEnumerable<string> Walk(string folder, bool files, FileSystemEnumerable<string>.FindTransform path) => new(folder, path, Below)
    {
        ShouldRecursePredicate = IsFolder,
        ShouldIncludePredicate = (ref FileSystemEntry entry) => files ? !entry.IsDirectory : entry.IsDirectory && !IsLink(ref entry),
    };

    private static bool IsFolder(ref FileSystemEntry entry) => entry.IsDirectory && !IsLink(ref entry);

    private static bool IsLink(ref FileSystemEntry entry) => entry.Attributes.HasFlag(FileAttributes.ReparsePoint);

    private static string RealPath(string path) =>
        Path.TrimEndingDirectorySeparator(Directory.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path));
}
