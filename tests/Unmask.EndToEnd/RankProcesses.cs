using System.Globalization;

namespace Unmask.EndToEnd;

/// <summary>The processes that MPI has started for a run.</summary>
internal static class RankProcesses
{
    /// <summary>Process ids by rank.</summary>
    public static Dictionary<int, int> Of(string run)
    {
        Dictionary<int, int> found = [];
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(path => int.TryParse(Path.GetFileName(path), out _)))
        {
            try
            {
                var line = File.ReadAllText(Path.Combine(folder, "cmdline"));
                if (!line.Contains(run, StringComparison.Ordinal)) continue;
                var rank = File.ReadAllText(Path.Combine(folder, "environ")).Split('\0').FirstOrDefault(variable => variable.StartsWith("OMPI_COMM_WORLD_RANK=", StringComparison.Ordinal));
                if (rank is not null) found[int.Parse(rank.Split('=')[1], CultureInfo.InvariantCulture)] = int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture);
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                // It has ended.
            }
        }

        return found;
    }
}
