namespace Unmask.Engine.Data.Files.Discovery;

/// <summary>The files in a folder of data, and which of them accompany it only.</summary>
internal static class DataFolder
{
    private const int MostFiles = 100_000;
    private const int Deepest = 32;

    /// <summary>Files that describe a dataset, or a repository round it.</summary>
    private static readonly HashSet<string> Companions = new(StringComparer.OrdinalIgnoreCase)
    {
        "dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json", "metadata.json", "croissant.json", "datapackage.json", "package.json", "package-lock.json", "tsconfig.json",
        "robots.txt", "cmakelists.txt", "sha256sums.txt", "md5sums.txt", "checksums.txt",
    };

    /// <summary>First words of the names of texts that people write about data.</summary>
    private static readonly HashSet<string> TextsAbout = new(StringComparer.OrdinalIgnoreCase) { "readme", "requirements", "changelog", "contributing", "codeofconduct" };

    /// <summary>Whole names of such texts, perhaps with the name of a license behind.</summary>
    private static readonly HashSet<string> Licenses = new(StringComparer.OrdinalIgnoreCase)
    {
        "license", "licence", "licenses", "licences", "notice", "notices", "copying", "copyright", "authors", "contributors", "citation", "citations", "changes", "constraints", "install", "credits",
    };

    private static readonly HashSet<string> LicenseNames = new(StringComparer.OrdinalIgnoreCase) { "mit", "apache", "bsd", "gpl", "lgpl", "agpl", "mpl", "cc", "cc0", "by", "sa", "nc", "odc", "odbl", "pddl", "unlicense", "data", "code", "text" };

    /// <summary>All files below a folder. Links to folders are followed, but each folder is walked once, however many links lead to it.</summary>
    /// <exception cref="UserError">There are too many.</exception>
    public static IReadOnlyList<string> Files(string folder)
    {
        var files = new List<string>();
        Add(folder, [Path.GetFullPath(folder)], files, depth: 1);
        return files;
    }

    /// <summary>Does a file accompany data and hold no rows, by its name?</summary>
    public static bool IsCompanion(string path)
    {
        var name = Path.GetFileName(path);
        if (Companions.Contains(name)) return true;
        if (!Path.GetExtension(name).Equals(".txt", StringComparison.OrdinalIgnoreCase)) return false;
        var words = Path.GetFileNameWithoutExtension(name).Split(['.', '-', '_', ' '], StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0) return false;
        return TextsAbout.Contains(words[0]) || (Licenses.Contains(words[0]) && words.Skip(1).All(word => LicenseNames.Contains(word) || char.IsDigit(word[0])));
    }

    private static void Add(string folder, HashSet<string> seen, List<string> files, int depth)
    {
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos())
        {
            var path = Path.Combine(folder, entry.Name);
            if (entry is not DirectoryInfo)
            {
                if (files.Count == MostFiles) throw new UserError($"'{folder}' and its sibling folders have more than {MostFiles:N0} files; name a folder with the data alone, or a pattern such as data/*.jsonl.");
                files.Add(path);
                continue;
            }

            // Hidden folders are caches and repositories.
            if (entry.Name.StartsWith('.') || depth > Deepest) continue;
            var place = entry.LinkTarget is null ? Path.GetFullPath(path) : entry.ResolveLinkTarget(returnFinalTarget: true)?.FullName;
            if (place is null || !seen.Add(place)) continue;
            Add(path, seen, files, depth + 1);
        }
    }
}
