namespace Unmask.Tests;

/// <summary>
/// Where the data of the parity tests lies: the copies in tests/fixtures, or other folders of the same form named by
/// UNMASK_GOLDEN and UNMASK_DATA.
/// </summary>
internal static class Fixtures
{
    public static string Root { get; } = FindRoot();

    public static string Golden => Environment.GetEnvironmentVariable("UNMASK_GOLDEN") ?? Path.Combine(Root, "tests", "fixtures", "golden");

    public static string Data => Environment.GetEnvironmentVariable("UNMASK_DATA") ?? Path.Combine(Root, "tests", "fixtures", "data");

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Unmask.slnx"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("The tests must run from inside the repository.");
    }
}
