namespace Unmask.Core.Storage;

/// <summary>Tells what went wrong when a file could not be written.</summary>
public static class StorageFailure
{
    private const string DiskFullKey = "unmask.disk_full";

    /// <summary>A sentence for a person instead of the bare system error.</summary>
    /// <param name="failure">What the file system said.</param>
    /// <param name="path">What was being written.</param>
    public static UserError Explain(Exception failure, string path)
    {
        bool full = IsDiskFull(failure);
        string where = Path.GetFullPath(path);
        var error = new UserError(full
            ? $"The disk is full while writing {where}; what was complete before is intact. Free some space, or use a folder on another disk."
            : failure is UnauthorizedAccessException
                ? $"{where} cannot be written: permission is denied. Name a folder that you may write to."
                : $"{where} cannot be written: {failure.Message.TrimEnd('.')}. What was complete before is intact; check the disk.");
        error.Data[DiskFullKey] = full;
        return error;
    }

    /// <summary>Did the disk, the quota or the file size limit run out?</summary>
    public static bool IsDiskFull(Exception failure)
    {
        if (failure.Data[DiskFullKey] is bool known) return known;
        if (failure is not IOException) return false;

        // On Unix .NET hands through errno: EFBIG 27, ENOSPC 28, EDQUOT 122 (Linux) or 69 (macOS). On Windows: ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL.
        return OperatingSystem.IsWindows()
            ? failure.HResult is unchecked((int)0x80070027) or unchecked((int)0x80070070)
            : failure.HResult is 27 or 28 || failure.HResult == (OperatingSystem.IsMacOS() ? 69 : 122);
    }

    internal static bool IsStorage(Exception failure) => failure is IOException or UnauthorizedAccessException;
}
