using System.Text;
using Unmask.Core.Hub.Http;
using Unmask.Core.Storage;

namespace Unmask.Core.Hub.Caching;

/// <summary>
/// The cache on disk, laid out as huggingface_hub's and shared with it: <c>blobs/ETAG</c> holds contents, <c>snapshots/COMMIT/PATH</c> links to them,
/// <c>refs/REVISION</c> names commits. Nothing is written in place: a blob and a reference appear whole or not at all.
/// </summary>
/// <param name="root">Its folder.</param>
public sealed class HubCache(string root)
{
    private const string TagFile = "CACHEDIR.TAG";
    private const string Tag = "Signature: 8a477f597d28d172789f06886806bc55\n# This file is a cache directory tag created by huggingface_hub.\n# For information about cache directory tags, see:\n#\thttps://bford.info/cachedir/\n";

    /// <summary>Its folder.</summary>
    public string Root => root;

    /// <summary>Folder of a model or dataset.</summary>
    public string FolderOf(HubId id) => Path.Combine(root, id.FolderName);

    /// <summary>Folder of a commit, which may not be there.</summary>
    public string SnapshotOf(HubId id, string commit) => Path.Combine(FolderOf(id), "snapshots", commit);

    /// <summary>The commit that a revision meant when it was last asked for; a commit means itself. Null where it was never asked for.</summary>
    public string? CommitOf(HubId id)
    {
        if (id.IsPinned) return id.Revision;
        string file = RefOf(id);
        return SmallText(file)?.Trim() is { } commit && HubId.IsCommit(commit) ? commit : null;
    }

    internal string BlobOf(HubId id, string etag) => Path.Combine(FolderOf(id), "blobs", etag);

    internal string LockOf(HubId id, string etag) => Path.Combine(root, ".locks", id.FolderName, $"{etag}.lock");

    /// <summary>The path of a file in a snapshot.</summary>
    internal string PathOf(HubId id, string commit, string path) => Path.Combine(SnapshotOf(id, commit), Path.Combine(path.Split('/')));

    /// <summary>Is the file there whole? A link whose blob has another size than the commit says does not count.</summary>
    internal bool Has(HubId id, string commit, HubFile file) => Length(PathOf(id, commit, file.Path)) == file.Bytes;

    /// <summary>Size of the content that a path leads to; null where it leads to none (a file's mere existence says nothing of a broken link).</summary>
    internal static long? Length(string path)
    {
        try
        {
            if (FileKind.OtherThanFile(path) is not null) return null;
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            return file.Length;
        }
        catch (Exception missing) when (StorageFailure.IsStorage(missing))
        {
            // Links that lead nowhere or in a circle, and what may not be read.
            return null;
        }
    }

    /// <summary>A file of a line or two; null where there is none that can be read.</summary>
    internal static string? SmallText(string path)
    {
        const int most = 4096;
        try
        {
            return File.Exists(path) ? InputFile.ReadText(path, most) : null;
        }
        catch (UserError)
        {
            return null;
        }
    }

    /// <summary>Makes the folder of a model or dataset, and marks the cache for programs that back up.</summary>
    internal void Prepare(HubId id)
    {
        Directory.CreateDirectory(Path.Combine(FolderOf(id), "blobs"));
        Directory.CreateDirectory(Path.Combine(FolderOf(id), "snapshots"));
        string tag = Path.Combine(root, TagFile);
        if (!File.Exists(tag)) WriteAside(tag, Tag, root);
    }

    /// <summary>Keeps which commit a revision means. A commit needs no keeping.</summary>
    internal void Remember(HubId id, string commit)
    {
        if (id.IsPinned || CommitOf(id) == commit) return;
        Directory.CreateDirectory(Path.GetDirectoryName(RefOf(id))!);
        WriteAside(RefOf(id), commit, FolderOf(id));
    }

    /// <summary>Keeps that a commit has no such file.</summary>
    internal void RememberMissing(HubId id, string commit, string path)
    {
        string file = MissingMark(id, commit, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        if (!File.Exists(file)) File.WriteAllBytes(file, []);
    }

    /// <summary>Lets a path of a snapshot lead to a blob: by a relative link, else (where the system makes none) as the file itself.</summary>
    internal void Link(HubId id, string commit, string path, string etag)
    {
        string pointer = PathOf(id, commit, path), blob = BlobOf(id, etag);
        string folder = Path.GetDirectoryName(pointer)!;
        Directory.CreateDirectory(folder);
        string target = Path.GetRelativePath(folder, blob);
        try
        {
            // A name that is free gets its link at once; one that is taken (a broken link, another content) is replaced in one go.
            if (!Path.Exists(pointer) && new FileInfo(pointer).LinkTarget is null)
            {
                File.CreateSymbolicLink(pointer, target);
                return;
            }

            string aside = Aside(folder);
            File.CreateSymbolicLink(aside, target);
            File.Move(aside, pointer, overwrite: true);
        }
        catch (Exception none) when (none is IOException or UnauthorizedAccessException or PlatformNotSupportedException && !StorageFailure.IsDiskFull(none))
        {
            // Another process was quicker, or links cannot be made here.
            if (Length(pointer) is not null && new FileInfo(pointer).LinkTarget is not null) return;
            string aside = Aside(folder);
            File.Copy(blob, aside, overwrite: true);
            File.Move(aside, pointer, overwrite: true);
        }
    }

    private string RefOf(HubId id) => Path.Combine(FolderOf(id), "refs", Path.Combine(id.Revision.Split('/')));

    private string MissingMark(HubId id, string commit, string path) => Path.Combine(FolderOf(id), ".no_exist", commit, Path.Combine(path.Split('/')));

    private static void WriteAside(string path, string text, string folder)
    {
        string aside = Aside(folder);
        File.WriteAllBytes(aside, Encoding.UTF8.GetBytes(text));
        File.Move(aside, path, overwrite: true);
    }

    /// <summary>A name that no other process takes.</summary>
    private static string Aside(string folder) => Path.Combine(folder, $".{Guid.NewGuid().ToString("N")[..8]}.tmp");
}
