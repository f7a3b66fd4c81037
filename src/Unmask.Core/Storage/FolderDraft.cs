namespace Unmask.Core.Storage;

/// <summary>
/// A folder in the making: it gets its name only when it is complete. Files are written into a hidden sibling folder; <see cref="Complete"/>
/// flushes every file and folder to the disk and renames. A draft that is disposed before leaves nothing behind, and one that the
/// process did not live to dispose is removed by <see cref="CleanUp"/>.
/// </summary>
public sealed class FolderDraft : IDisposable
{
    internal const string DraftPrefix = ".tmp-";
    private const string ReplacedPrefix = ".replaced-";

    private readonly Dictionary<string, FileDigest> written = [];
    private readonly Func<string, Stream> open;
    private readonly bool isReserved;
    private bool complete;

    private FolderDraft(string target, Func<string, Stream> open, bool isReserved = false)
    {
        Target = System.IO.Path.GetFullPath(target);
        (this.open, this.isReserved) = (open, isReserved);
        Path = Hidden(Target, DraftPrefix);
    }

    /// <summary>The path that the folder will have.</summary>
    public string Target { get; }

    /// <summary>Where it lies until it is complete. Files may be written here directly, or by <see cref="Create"/>.</summary>
    public string Path { get; }

    /// <summary>Files written by <see cref="Create"/>, with what was written: no second reading is needed to know their hash.</summary>
    internal IReadOnlyDictionary<string, FileDigest> Written => written;

    /// <summary>Starts an empty draft of <paramref name="target"/>, whose parent folder is made if needed.</summary>
    /// <exception cref="UserError">The folder cannot be made.</exception>
    public static FolderDraft Begin(string target) => Begin(target, NewFile);

    internal static FolderDraft Begin(string target, Func<string, Stream> open)
    {
        var draft = new FolderDraft(target, open);
        try
        {
            if (Directory.Exists(draft.Path)) Directory.Delete(draft.Path, recursive: true);
            Directory.CreateDirectory(draft.Path);
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            throw StorageFailure.Explain(failure, draft.Target);
        }

        return draft;
    }

    /// <summary>
    /// Starts an empty draft of the first of NAME, NAME-2, NAME-3... that is free. Of several who ask for a name at once each gets another one, and
    /// keeps it until the draft is completed or disposed.
    /// </summary>
    /// <param name="parent">Where the folder will be; created if needed.</param>
    /// <param name="name">Its name, where that is free.</param>
    /// <param name="isGone">Whether a name may not be given although nothing has it; null where only folders count.</param>
    /// <exception cref="UserError">The folder cannot be created.</exception>
    public static FolderDraft Reserve(string parent, string name, Func<string, bool>? isGone = null)
    {
        string full = System.IO.Path.GetFullPath(parent);
        try
        {
            Directory.CreateDirectory(full);
            return new(System.IO.Path.Combine(full, Slug.Free(name, IsTaken)), NewFile, isReserved: true);
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            throw StorageFailure.Explain(failure, System.IO.Path.Combine(full, name));
        }

        bool IsTaken(string candidate)
        {
            if (isGone?.Invoke(candidate) == true) return true;
            string target = System.IO.Path.Combine(full, candidate), draft = Hidden(target, DraftPrefix);
            if (!NewFolder.TryCreate(draft)) return true;

            // Who holds the draft is the only one who can create the target, so this look at it is the last word.
            if (!System.IO.Path.Exists(target)) return false;
            Directory.Delete(draft);
            return true;
        }
    }

    /// <summary>A new file of the draft. Failures to write surface as <see cref="UserError"/>.</summary>
    /// <param name="name">Its name, with forward slashes for sub-folders.</param>
    public Stream Create(string name)
    {
        string path = System.IO.Path.Combine(Path, name);
        try
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
            return new DigestStream(open(path), System.IO.Path.Combine(Target, name), digest => written[name] = digest);
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            throw StorageFailure.Explain(failure, System.IO.Path.Combine(Target, name));
        }
    }

    /// <summary>Flushes everything and gives the folder its name; a folder of that name is replaced, and stays whole until then.</summary>
    /// <exception cref="UserError">The disk failed; the target is as it was before.</exception>
    public void Complete()
    {
        ObjectDisposedException.ThrowIf(complete, this);
        string replaced = Hidden(Target, ReplacedPrefix);
        try
        {
            foreach (string file in FileWalk.Files(Path)) Durable.FlushFile(file);
            foreach (string folder in FileWalk.Folders(Path)) Durable.FlushFolder(folder);
            Durable.FlushFolder(Path);
            string parent = System.IO.Path.GetDirectoryName(Target)!;
            if (isReserved && System.IO.Path.Exists(Target)) throw new IOException("something of that name was put there meanwhile");
            if (Directory.Exists(Target))
            {
                if (Directory.Exists(replaced)) Directory.Delete(replaced, recursive: true);
                Directory.Move(Target, replaced);
            }

            Directory.Move(Path, Target);
            complete = true;
            Durable.FlushFolder(parent);
            if (Directory.Exists(replaced)) Directory.Delete(replaced, recursive: true);
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            if (!Directory.Exists(Target) && Directory.Exists(replaced)) Directory.Move(replaced, Target);
            throw StorageFailure.Explain(failure, Target);
        }
    }

    /// <summary>Removes the files of a draft that was not completed.</summary>
    public void Dispose()
    {
        if (complete || !Directory.Exists(Path)) return;
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            // The disk is failing already; the next start cleans up.
        }
    }

    /// <summary>
    /// Removes what interrupted drafts left in <paramref name="parent"/>, and puts back a folder whose replacement did not get its name.
    /// Only for a folder that no other process writes to.
    /// </summary>
    public static void CleanUp(string parent)
    {
        if (!Directory.Exists(parent)) return;
        foreach (string replaced in Directory.GetDirectories(parent, $"{ReplacedPrefix}*"))
        {
            string target = System.IO.Path.Combine(parent, System.IO.Path.GetFileName(replaced)[ReplacedPrefix.Length..]);
            if (Directory.Exists(target)) Directory.Delete(replaced, recursive: true);
            else Directory.Move(replaced, target);
        }

        foreach (string draft in Directory.GetDirectories(parent, $"{DraftPrefix}*")) Directory.Delete(draft, recursive: true);
        foreach (string draft in Directory.GetFiles(parent, $"{DraftPrefix}*")) File.Delete(draft);
    }

    /// <summary>Deletes a folder so that it is never seen half deleted.</summary>
    public static void Remove(string folder)
    {
        string hidden = Hidden(System.IO.Path.GetFullPath(folder), $"{DraftPrefix}removed-{Guid.NewGuid().ToString("N")[..8]}-");
        Directory.Move(folder, hidden);
        Directory.Delete(hidden, recursive: true);
    }

    private static string Hidden(string target, string prefix) =>
        System.IO.Path.Combine(System.IO.Path.GetDirectoryName(target)!, prefix + System.IO.Path.GetFileName(target));

    private static FileStream NewFile(string path) => new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16);
}
