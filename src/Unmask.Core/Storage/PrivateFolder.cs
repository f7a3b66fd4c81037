namespace Unmask.Core.Storage;

/// <summary>Folders and files that only the account they belong to may look into: what lies in them is somebody's data, and a machine has other accounts. Windows keeps such folders private by itself.</summary>
public static class PrivateFolder
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Makes a folder, and those above it that are missing, so that only its owner may look inside. One that is there stays as it is.</summary>
    public static void Create(string path)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, Owner);
    }

    /// <summary>A new file that only its owner may read. Its name must be free: no link is followed, and no file replaced.</summary>
    public static FileStream CreateFile(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.Read };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }

    /// <summary>Closes a folder to other accounts: itself, the folders and the files directly in it. What lies deeper is behind them.</summary>
    /// <param name="path">The folder.</param>
    /// <returns>A sentence on what was open and is closed now, or cannot be closed; none where all was well.</returns>
    public static IReadOnlyList<string> Mend(string path)
    {
        if (OperatingSystem.IsWindows()) return [];
        List<string> open = [], refused = [];
        string home = Directory.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        foreach (string one in Directory.EnumerateFileSystemEntries(home, "*", new EnumerationOptions { AttributesToSkip = FileAttributes.ReparsePoint }).Prepend(home))
        {
            try
            {
                UnixFileMode mode = File.GetUnixFileMode(one);
                if ((mode & ~Owner) == 0) continue;
                File.SetUnixFileMode(one, mode & Owner);
                // A file in a folder that is closed was closed, too.
                if ((File.GetUnixFileMode(one) & ~Owner) != 0) refused.Add(one);
                else if (Directory.Exists(one)) open.Add(one);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                if (Path.Exists(one)) refused.Add(one);
            }
        }

        List<string> notes = [];
        if (open.Count > 0) notes.Add($"{path} could be looked into by other accounts of this machine ({Named(open, home)}); now only you can.");
        if (refused.Count > 0) notes.Add($"Other accounts of this machine may look into {path} ({Named(refused, home)}), and its disk or its owner does not let that be changed. Name a folder of your own with --home.");
        return notes;
    }

    private static string Named(List<string> paths, string home)
    {
        string[] names = [.. paths.Select(path => path == home ? "the folder itself" : Path.GetFileName(path))];
        return names.Length <= 4 ? string.Join(", ", names) : $"{string.Join(", ", names.Take(3))} and {names.Length - 3} others";
    }
}
