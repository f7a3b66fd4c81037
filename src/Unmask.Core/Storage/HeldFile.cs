namespace Unmask.Core.Storage;

/// <summary>
/// A file that is held open as a lock. The system releases it when the process ends, however it ends, so a lock never outlives its holder.
/// </summary>
internal static class HeldFile
{
    /// <summary>Opens the file so that nobody else can; null when somebody else has it.</summary>
    /// <exception cref="IOException">What stands there cannot be held: a folder, a named pipe.</exception>
    public static FileStream? TryAcquire(string path)
    {
        if (Path.Exists(path) && FileKind.OtherThanFile(path) is { } other) throw new IOException($"{path} is {other}");
        // Somebody who only looks whether it is held holds it for a moment.
        for (int i = 0; ; i++)
        {
            // FileShare.None is an exclusive advisory lock on Unix. No buffer: on a full disk closing would fail once more.
            if (TryOpen(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None) is { } held) return held;
            if (i == 5) return null;
            Thread.Sleep(20);
        }
    }

    /// <summary>Whether a process holds it. Any number may look at once.</summary>
    public static bool IsHeld(string path)
    {
        if (!File.Exists(path) || FileKind.OtherThanFile(path) is not null) return false;
        using FileStream? free = TryOpen(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        return free is null && File.Exists(path);
    }

    private static FileStream? TryOpen(string path, FileMode mode, FileAccess access, FileShare share)
    {
        try
        {
            return new FileStream(path, mode, access, share, bufferSize: 0);
        }
        catch (FileNotFoundException) when (mode == FileMode.Open)
        {
            return null;
        }
        catch (IOException held) when (held is not (FileNotFoundException or DirectoryNotFoundException) && !StorageFailure.IsDiskFull(held))
        {
            return null;
        }
    }
}
