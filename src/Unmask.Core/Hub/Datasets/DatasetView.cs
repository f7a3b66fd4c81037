using System.Security.Cryptography;
using System.Text;
using Unmask.Core.Storage;

namespace Unmask.Core.Hub.Datasets;

/// <summary>
/// A folder for one configuration of a cached dataset: a subfolder for each split, with relative links to the contents. It lies in a folder of our own beside the
/// snapshots, appears when everything is there, and costs nothing.
/// </summary>
internal static class DatasetView
{
    private const int LongestSplit = 100;

    /// <summary>Where it lies.</summary>
    /// <param name="repository">Folder of the dataset in the cache.</param>
    /// <param name="commit">Its commit.</param>
    /// <param name="config">The configuration.</param>
    /// <param name="split">The one split that was asked for; null for all.</param>
    public static string PathOf(string repository, string commit, string config, string? split) =>
        Path.Combine(repository, "unmask", "views", commit, $"{Slug.Of(config, "default")}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{config}\n{split}")))[..8]}");

    /// <summary>Makes it, or does nothing when it is there.</summary>
    /// <param name="view">Where.</param>
    /// <param name="files">A split and the path of a snapshot for each file.</param>
    public static void Make(string view, IReadOnlyList<(string Split, string Path)> files)
    {
        if (Directory.Exists(view)) return;
        string draft = $"{view}.{Guid.NewGuid().ToString("N")[..8]}.tmp";
        for (int i = 0; i < files.Count; i++)
        {
            var (split, path) = files[i];
            // Cards and folders of strangers name splits; no name of them leads out of the view.
            if (split is "." or ".." || split.AsSpan().IndexOfAny("/\\\0") >= 0 || split.Length > LongestSplit) throw new UserError($"The split \"{split[..Math.Min(split.Length, LongestSplit)]}\" has a name that no folder can have; ask the owner of the dataset to rename it, or name another split.");
            // The order of the files is that of their names.
            string link = Path.Combine(draft, split, FormattableString.Invariant($"{i:00000}-{Path.GetFileName(path)}"));
            Directory.CreateDirectory(Path.GetDirectoryName(link)!);
            string target = new FileInfo(path).LinkTarget is { } behind ? Path.GetFullPath(behind, Path.GetDirectoryName(path)!) : path;
            try
            {
                File.CreateSymbolicLink(link, Path.GetRelativePath(Path.GetDirectoryName(link)!, target));
            }
            catch (Exception none) when (none is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
            {
                FileLink.Make(target, link);
            }
        }

        try
        {
            Directory.Move(draft, view);
        }
        catch (IOException) when (Directory.Exists(view))
        {
            Directory.Delete(draft, recursive: true);
        }
    }
}
