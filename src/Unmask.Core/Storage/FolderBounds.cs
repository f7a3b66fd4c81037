using System.Runtime.InteropServices;

namespace Unmask.Core.Storage;

/// <summary>
/// The files of a folder that came from elsewhere, and nothing behind its links: a link could lead to any file that the person may read, and take it along where the folder
/// is copied or published. A snapshot in a cache of the Hub is all links into the folder <c>blobs</c> beside it, which counts as its own.
/// </summary>
public sealed partial class FolderBounds
{
    private const int Deepest = 8;
    private const int MostFiles = 10_000;
    private const string Weights = ".safetensors";

    private readonly string folder;
    private readonly string[] roots;
    private readonly FolderBounds? linked;

    /// <param name="folder">The folder.</param>
    /// <param name="weightsFrom">A further folder whose weights links may stand for, each by a name that ends as weights do in both folders; null for none.</param>
    public FolderBounds(string folder, string? weightsFrom = null)
    {
        this.folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        string root = RealPath(this.folder) ?? this.folder;
        roots = [root, .. Blobs(root) is { } blobs ? [blobs] : (string[])[]];
        linked = weightsFrom is null ? null : new FolderBounds(weightsFrom);
    }

    /// <summary>All files at and below the folder, by their paths in it, in order; hidden folders and links to folders are left out.</summary>
    /// <exception cref="UserError">There are too many.</exception>
    public IReadOnlyList<string> Files()
    {
        List<string> files = [];
        Add(folder, 0);
        files.Sort(StringComparer.Ordinal);
        return files;

        void Add(string at, int depth)
        {
            foreach (var entry in new DirectoryInfo(at).EnumerateFileSystemInfos())
            {
                if (entry is not DirectoryInfo inner) files.Add(Path.GetRelativePath(folder, entry.FullName).Replace(Path.DirectorySeparatorChar, '/'));
                else if (inner.LinkTarget is null && !inner.Name.StartsWith('.') && depth < Deepest) Add(inner.FullName, depth + 1);
                if (files.Count > MostFiles) throw new UserError($"{folder} holds more than {MostFiles:N0} files, so it is no folder of a model; name the one that is.");
            }
        }
    }

    /// <summary>Why a file is not taken: a sentence where it leads out of the folder; null where it does not.</summary>
    /// <param name="name">Its path in the folder.</param>
    public string? Problem(string name)
    {
        string path = Path.Combine(folder, name);
        return RealPath(path) is not { } real ? $"{name} of {folder} is a link that leads nowhere. Put the file itself there, or delete the link."
            : MayLead(name, real) ? null
            : $"{name} of {folder} is a link to {real}, outside of the folder; only files of the folder itself are taken. Put the file itself there, or delete the link.";
    }

    /// <summary>Opens a file of the folder to read it.</summary>
    /// <exception cref="UserError">It leads out of the folder, is no regular file, or cannot be read.</exception>
    public FileStream Open(string name)
    {
        if (Problem(name) is { } problem) throw new UserError(problem);
        var file = InputFile.Open(Path.Combine(folder, name));
        // Looked at once more by what was opened: the name may have got another file meanwhile.
        if (!OperatingSystem.IsLinux() || RealPath($"/proc/self/fd/{file.SafeFileHandle.DangerousGetHandle()}") is not { } real || MayLead(name, real)) return file;
        file.Dispose();
        throw new UserError($"{name} of {folder} was exchanged while it was read. Let what writes there end, and try again.");
    }

    private bool MayLead(string name, string real) => IsInside(real) || (linked is not null && IsLinkToWeights(name, linked) && linked.IsInside(real));

    private bool IsLinkToWeights(string name, FolderBounds other) =>
        IsWeights(name) && new FileInfo(Path.Combine(folder, name)).LinkTarget is { } target && IsWeights(target) && RealPath(Path.GetDirectoryName(Path.GetFullPath(target, folder))!) == other.roots[0];

    private static bool IsWeights(string name) => name.EndsWith(Weights, StringComparison.OrdinalIgnoreCase);

    private bool IsInside(string real) => roots.Any(root => real.StartsWith(Path.EndsInDirectorySeparator(root) ? root : root + Path.DirectorySeparatorChar, StringComparison.Ordinal));

    /// <summary>The contents beside a snapshot: REPOSITORY/snapshots/COMMIT has them in REPOSITORY/blobs.</summary>
    private static string? Blobs(string root) =>
        Path.GetDirectoryName(root) is { } snapshots && Path.GetFileName(snapshots) == "snapshots" && Path.GetDirectoryName(snapshots) is { } repository
        && Path.GetFileName(repository).Contains("--", StringComparison.Ordinal) && new DirectoryInfo(Path.Combine(repository, "blobs")) is { Exists: true, LinkTarget: null } blobs ? blobs.FullName : null;

    /// <summary>Where a path leads when every link of it is followed; null where nothing is there.</summary>
    private static string? RealPath(string path)
    {
        if (OperatingSystem.IsWindows()) return Path.Exists(path) ? (File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path)) : null;
        nint found = Resolve(path, 0);
        if (found == 0) return null;
        try
        {
            return Marshal.PtrToStringUTF8(found);
        }
        finally
        {
            Free(found);
        }
    }

    [LibraryImport("libc", EntryPoint = "realpath", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Resolve(string path, nint room);

    [LibraryImport("libc", EntryPoint = "free")]
    private static partial void Free(nint room);
}
