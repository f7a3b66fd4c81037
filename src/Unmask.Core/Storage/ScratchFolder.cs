using System.Diagnostics;

namespace Unmask.Core.Storage;

/// <summary>A folder for what a process needs for a while, below the system's folder for such things. Its name tells the process, so that what a killed one left can be found.</summary>
public static class ScratchFolder
{
    private const string Prefix = "unmask-scratch-";

    /// <summary>Makes an empty folder; who makes it deletes it.</summary>
    /// <param name="purpose">A word that tells what for.</param>
    public static DirectoryInfo Create(string purpose) => Directory.CreateTempSubdirectory(string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{purpose}-"));

    /// <summary>Deletes what processes left that are no more.</summary>
    public static void Sweep()
    {
        foreach (var folder in Directory.EnumerateDirectories(Path.GetTempPath(), $"{Prefix}*"))
        {
            var owner = Path.GetFileName(folder)[Prefix.Length..].Split('-')[0];
            if (!int.TryParse(owner, NumberStyles.None, CultureInfo.InvariantCulture, out var process) || Lives(process)) continue;
            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (Exception refused) when (StorageFailure.IsStorage(refused))
            {
                // Another person's, or another process sweeps too.
            }
        }
    }

    private static bool Lives(int process)
    {
        try
        {
            using var found = Process.GetProcessById(process);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
