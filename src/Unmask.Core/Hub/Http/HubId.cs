using System.Text.RegularExpressions;

namespace Unmask.Core.Hub.Http;

/// <summary>What lies on the Hub.</summary>
public enum HubKind
{
    Model,
    Dataset,
}

/// <summary>A model or dataset on the Hub, at a revision.</summary>
/// <param name="Kind">Which of the two.</param>
/// <param name="Name">Its name: <c>owner/name</c>, or a bare name for a few old ones such as gpt2.</param>
/// <param name="Revision">A branch, a tag, a commit, or a reference such as <c>refs/pr/1</c>.</param>
public sealed partial record HubId(HubKind Kind, string Name, string Revision = HubId.Main)
{
    /// <summary>The branch that is meant where none is named.</summary>
    public const string Main = "main";

    private const int LongestName = 96;

    /// <summary>Reads <c>owner/name</c> or <c>owner/name@revision</c>.</summary>
    /// <exception cref="UserError">It is not one.</exception>
    public static HubId Parse(HubKind kind, string text, string? revision = null)
    {
        var (name, given) = Parted(text);
        var (owner, bare) = name.Split('/') is [var first, var second] ? (first, second) : ("", name);
        List<string> problems = [];
        if (!IsName(owner, bare)) problems.Add($"\"{name}\" is not the name of a {Word(kind)} on the Hub; write owner/name, of letters, digits, '-', '_' and '.'.");
        if (given is not null && revision is not null) problems.Add($"A revision is named twice, by @{given} and by --revision {revision}; give one.");
        string at = revision ?? given ?? Main;
        if (!IsRevision(at)) problems.Add($"\"{at}\" is not a revision; name a branch, a tag, a commit, or a reference such as refs/pr/1.");
        UserError.ThrowIfAny(problems);
        return new HubId(kind, name, at);
    }

    /// <summary>
    /// Could this text, where a folder is expected, mean something on the Hub? It has one slash, with a name on both sides, and maybe <c>@revision</c>. Whether a
    /// folder of that name exists is for the caller to ask first.
    /// </summary>
    public static bool IsLike(string text)
    {
        var (name, revision) = Parted(text);
        return name.Split('/') is [var owner, var bare] && owner.Length > 0 && IsName(owner, bare) && (revision is null || IsRevision(revision));
    }

    /// <summary>Is the revision a whole commit, which never changes?</summary>
    public bool IsPinned => IsCommit(Revision);

    /// <summary>As it is written in a recipe.</summary>
    public override string ToString() => Revision == Main ? Name : $"{Name}@{Revision}";

    /// <summary>How a person calls the kind.</summary>
    internal static string Word(HubKind kind) => kind == HubKind.Model ? "model" : "dataset";

    /// <summary>The kind in addresses and folder names.</summary>
    internal string Plural => Kind == HubKind.Model ? "models" : "datasets";

    /// <summary>Its page, as a path of the Hub.</summary>
    internal string Page => Kind == HubKind.Model ? Name : $"datasets/{Name}";

    /// <summary>The name of its folder in the cache.</summary>
    internal string FolderName => $"{Plural}--{Name.Replace("/", "--", StringComparison.Ordinal)}";

    internal static bool IsCommit(string revision) => Commit().IsMatch(revision);

    private static (string Name, string? Revision) Parted(string text) => text.IndexOf('@', StringComparison.Ordinal) is >= 0 and var at ? (text[..at], text[(at + 1)..]) : (text, null);

    private static bool IsName(string owner, string bare)
    {
        string whole = owner + bare;
        return whole.Length <= LongestName && Part().IsMatch(bare) && (owner.Length == 0 || Part().IsMatch(owner))
            && !whole.Contains("--", StringComparison.Ordinal) && !whole.Contains("..", StringComparison.Ordinal) && !bare.EndsWith(".git", StringComparison.Ordinal);
    }

    /// <summary>What can be a path below <c>refs/</c> and leads nowhere else.</summary>
    private static bool IsRevision(string text) =>
        text.Length is > 0 and <= 255 && !text.Any(letter => letter <= ' ' || "\\?*[~^:\x7f".Contains(letter, StringComparison.Ordinal))
        && text.Split('/').All(part => part.Length > 0 && part[0] != '.' && !part.Contains("..", StringComparison.Ordinal));

    [GeneratedRegex(@"^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?$", RegexOptions.CultureInvariant)]
    private static partial Regex Part();

    [GeneratedRegex("^[0-9a-f]{40}$", RegexOptions.CultureInvariant)]
    private static partial Regex Commit();
}
