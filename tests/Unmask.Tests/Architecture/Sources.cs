namespace Unmask.Tests.Architecture;

/// <summary>The projects and source files of the repository.</summary>
internal static class Sources
{
    public static string Root { get; } = Path.Combine(Fixtures.Root, "src");

    /// <summary>Names of the projects under src, e.g. Unmask.Core.</summary>
    public static IEnumerable<string> Projects => Directory.EnumerateFiles(Root, "*.csproj", SearchOption.AllDirectories).Select(file => Path.GetFileNameWithoutExtension(file)).Order();

    public static string ProjectFile(string project) => Path.Combine(Root, project, project + ".csproj");

    /// <summary>Every C# file that a person wrote, with its path relative to src.</summary>
    public static IEnumerable<(string Relative, string Path)> Files => Under(Root);

    /// <summary>Those of the tests, likewise.</summary>
    public static IEnumerable<(string Relative, string Path)> Tests => Under(Path.Combine(Fixtures.Root, "tests"));

    private static IEnumerable<(string Relative, string Path)> Under(string folder) =>
        from path in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
        let relative = Path.GetRelativePath(folder, path).Replace('\\', '/')
        where !relative.Contains("/obj/") && !relative.Contains("/bin/")
        orderby relative
        select (relative, path);
}
