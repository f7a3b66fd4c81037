namespace Unmask.Core.Parameters.Recipes;

/// <summary>
/// Where a relative path leads. In a recipe: from the recipe's own folder if something is there, else from the working directory
/// if something is there, else (nothing exists yet) from the recipe's folder. On the command line: the working directory first, as
/// in any shell, then the recipe's folder. The result is absolute, so that a run's config.yaml means the same from anywhere.
/// </summary>
public static class RecipePaths
{
    /// <summary>Resolves <paramref name="path"/> against the folders in order; the first wins when nothing exists in any.</summary>
    public static string Resolve(string path, params IReadOnlyList<string> folders)
    {
        foreach (string folder in folders)
        {
            string candidate = Path.GetFullPath(path, Path.GetFullPath(folder));
            if (Path.Exists(candidate)) return candidate;
        }

        return Path.GetFullPath(path, Path.GetFullPath(folders[0]));
    }
}
