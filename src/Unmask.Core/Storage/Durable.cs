using System.Runtime.InteropServices;

namespace Unmask.Core.Storage;

/// <summary>Brings files and folders to the disk itself, so that they outlive a power cut.</summary>
public static partial class Durable
{
    /// <summary>Flushes a file that was written and closed before.</summary>
    public static void FlushFile(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Flushes the names in a folder, so that a rename or a new file is not forgotten. Windows does that by itself.</summary>
    public static void FlushFolder(string path)
    {
        if (OperatingSystem.IsWindows()) return;

        // .NET opens no folders.
        int folder = Open(path, 0);
        if (folder < 0) throw new IOException($"The folder {path} cannot be opened to flush it (error {Marshal.GetLastPInvokeError()}).", Marshal.GetLastPInvokeError());
        try
        {
            // EINVAL: a file system that has no such thing (some network ones).
            if (Sync(folder) != 0 && Marshal.GetLastPInvokeError() is var error and not 22)
                throw new IOException($"The folder {path} cannot be flushed to the disk (error {error}).", error);
        }
        finally
        {
            _ = Close(folder);
        }
    }

    /// <summary>Writes a small file: whole or not at all. Of several who write it at once each has a draft of its own, and the last one's content stays.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">All of it.</param>
    /// <param name="besides">Another process works in that folder and may clean up its own drafts (<see cref="FolderDraft.CleanUp"/>), not this one.</param>
    public static void WriteFile(string path, ReadOnlySpan<byte> content, bool besides = false)
    {
        using FileDraft draft = FileDraft.Write(path, content, besides);
        draft.Complete();
        draft.Flush();
    }

    /// <summary>Removes the drafts of a file that were written beside another process and not completed. Only for the one process that writes that file, at its start.</summary>
    /// <param name="path">The file.</param>
    /// <param name="olderThan">Younger drafts stay, where other processes write the file, too.</param>
    public static void SweepDrafts(string path, TimeSpan olderThan = default)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        try
        {
            foreach (string draft in Directory.GetFiles(folder, $"{FileDraft.BesidesPrefix}{Path.GetFileName(path)}*").Where(draft => DateTime.UtcNow - File.GetLastWriteTimeUtc(draft) >= olderThan)) File.Delete(draft);
        }
        catch (Exception refused) when (StorageFailure.IsStorage(refused))
        {
            // It takes a few bytes, and the next start tries again.
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
