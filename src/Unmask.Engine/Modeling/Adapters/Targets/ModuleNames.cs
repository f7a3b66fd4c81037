using System.Text.RegularExpressions;

namespace Unmask.Engine.Modeling.Adapters.Targets;

/// <summary>Names of modules, or one regular expression over whole paths, as adapter files have them.</summary>
/// <param name="Names">A path matches a name that it equals or ends with after a dot.</param>
/// <param name="Pattern">Matched against the whole path; null where there are names.</param>
public sealed record ModuleNames(IReadOnlyList<string> Names, string? Pattern = null)
{
    private readonly Regex? regex = Pattern is null ? null : PathExpression.Parse(Pattern);

    /// <summary>What a setting says: one text with a sign that no path has is an expression, as a single text is to peft; else these are names, joined by commas or not.</summary>
    public static ModuleNames In(IReadOnlyCollection<string> setting) =>
        setting.Count == 1 && setting.First() is var text && IsExpression(text) ? new ModuleNames([], text.Trim()) : new ModuleNames(TargetModules.NamesIn(setting));

    public bool Match(string path) => regex is { } expression ? PathExpression.Find(expression, path).Success : Names.Any(name => NameMatches(name, path));

    /// <summary>The rule of peft: the whole path, or its end after a dot.</summary>
    public static bool NameMatches(string name, string path) =>
        path.EndsWith(name, StringComparison.Ordinal) && (path.Length == name.Length || name.Length > 0 && path[path.Length - name.Length - 1] == '.');

    /// <summary>Whether a path is that of a module of that name, or of one inside it.</summary>
    public static bool IsInside(string name, string path) =>
        NameMatches(name, path) || path.StartsWith(name + ".", StringComparison.Ordinal) || path.Contains("." + name + ".", StringComparison.Ordinal);

    private static bool IsExpression(string text) => text.AsSpan().IndexOfAny(@"\^$*+?{}[]|()") >= 0;
}
