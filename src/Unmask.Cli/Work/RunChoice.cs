using Unmask.Core.Jobs.Registry;
using Unmask.Core.Parameters;
using Unmask.Core.Workspaces;

namespace Unmask.Cli.Work;

/// <summary>Finds the run that a person names: a folder, or the name of one in ./runs or in the home folder of the workbench.</summary>
internal static class RunChoice
{
    /// <summary>Folders whose subfolders are runs.</summary>
    public static IReadOnlyList<string> Folders => [.. ((string[])[Path.GetFullPath("runs"), Workspace.Locate().RunsPath]).Distinct().Where(Directory.Exists)];

    /// <summary>The folder of the run.</summary>
    /// <exception cref="UserError">There is none of that name.</exception>
    public static string Find(string named)
    {
        if (Directory.Exists(named) && RunGlance.IsRun(Path.GetFullPath(named))) return Path.TrimEndingDirectorySeparator(Path.GetFullPath(named));
        if (Folders.Select(folder => Path.Combine(folder, named)).FirstOrDefault(folder => Directory.Exists(folder) && RunGlance.IsRun(folder)) is { } found) return found;
        if (Directory.Exists(named)) throw new UserError($"{named} is not the folder of a run: it has no config.yaml. `unmask runs list` lists the runs.");
        var near = Spelling.Nearest(named, Folders.SelectMany(Directory.EnumerateDirectories).Where(RunGlance.IsRun).Select(folder => Path.GetFileName(folder)!));
        throw new UserError($"There is no run {named}; {(near is null ? "" : $"did you mean {near}? ")}`unmask runs list` lists the runs.");
    }
}
