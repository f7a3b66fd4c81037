using Unmask.Core.Storage;

namespace Unmask.Core.Hub.Caching;

/// <summary>
/// The lock of one blob, as huggingface_hub takes it: an exclusive flock on <c>.locks/FOLDER/ETAG.lock</c>. The system releases it when the process ends.
/// </summary>
internal static class HubLock
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);

    /// <summary>Waits until nobody else has it.</summary>
    /// <param name="path">The lock file.</param>
    /// <param name="waiting">Called once when another has it.</param>
    /// <param name="stop">Ends the wait.</param>
    public static async Task<FileStream> Take(string path, Action waiting, CancellationToken stop)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        for (bool told = false; ; told = true)
        {
            if (TryTake(path) is { } held) return held;
            if (!told) waiting();
            await Task.Delay(BetweenLooks, stop);
        }
    }

    private static FileStream? TryTake(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 };
        // Others who share the cache must be able to wait for it too.
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead;
        try
        {
            return new FileStream(path, options);
        }
        catch (IOException held) when (held is not (FileNotFoundException or DirectoryNotFoundException) && !StorageFailure.IsDiskFull(held))
        {
            return null;
        }
    }
}
