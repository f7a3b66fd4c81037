namespace Unmask.Core.Storage;

/// <summary>
/// A small file in the making, written and flushed beside the one that it will replace. <see cref="Complete"/> gives it its name, which takes no time;
/// what is slow happens before (<see cref="Write"/>) and after (<see cref="Flush"/>). A draft that is disposed before leaves nothing behind.
/// </summary>
internal sealed class FileDraft : IDisposable
{
    internal const string BesidesPrefix = ".new-";

    private readonly string path;
    private readonly string draft;
    private bool complete;

    private FileDraft(string path, string draft) => (this.path, this.draft) = (path, draft);

    /// <summary>Writes the content and flushes it to the disk. Of several who write a file at once each has a draft of its own.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">All of it.</param>
    /// <param name="besides">Another process works in that folder and may clean up its own drafts (<see cref="FolderDraft.CleanUp"/>), not this one.</param>
    /// <exception cref="UserError">The disk refuses; the file is as it was.</exception>
    public static FileDraft Write(string path, ReadOnlySpan<byte> content, bool besides = false)
    {
        string full = Path.GetFullPath(path);
        var written = new FileDraft(full, Path.Combine(Path.GetDirectoryName(full)!, $"{(besides ? BesidesPrefix : FolderDraft.DraftPrefix)}{Path.GetFileName(full)}-{Guid.NewGuid().ToString("N")[..8]}"));
        try
        {
            using var file = new FileStream(written.draft, FileMode.CreateNew, FileAccess.Write, FileShare.None);
            file.Write(content);
            file.Flush(flushToDisk: true);
            return written;
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            written.Dispose();
            throw StorageFailure.Explain(failure, path);
        }
    }

    /// <summary>Gives the draft its name; of several the last one's content stays.</summary>
    /// <exception cref="UserError">The disk refuses; the file is as it was.</exception>
    public void Complete()
    {
        try
        {
            File.Move(draft, path, overwrite: true);
            complete = true;
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            throw StorageFailure.Explain(failure, path);
        }
    }

    /// <summary>Brings the name to the disk, too.</summary>
    /// <exception cref="UserError">The disk refuses.</exception>
    public void Flush()
    {
        try
        {
            Durable.FlushFolder(Path.GetDirectoryName(path)!);
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            throw StorageFailure.Explain(failure, path);
        }
    }

    public void Dispose()
    {
        try
        {
            if (!complete) File.Delete(draft);
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            // The disk is failing already; the next start cleans up.
        }
    }
}
