using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Unmask.Engine.Modeling.Adapters.Targets;

/// <summary>Regular expressions over module paths, as adapter files have them: Python's, matched against a whole path.</summary>
internal static partial class PathExpression
{
    /// <summary>Longer ones are no names of modules any more.</summary>
    private const int LongestExpression = 10_000;

    /// <summary>Bounds what an expression from a file can cost on one path.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    /// <summary>Bounds what all of them can cost on all paths of a model.</summary>
    private static readonly TimeSpan PatienceInAll = TimeSpan.FromSeconds(1);

    [ThreadStatic]
    private static long spent;

    [ThreadStatic]
    private static Dictionary<string, Regex>? ready;

    /// <summary>Forgets the time that expressions have taken so far.</summary>
    public static void Begin()
    {
        spent = 0;
        ready?.Clear();
    }

    /// <summary>An expression ready to be used: it must match the whole path, as Python's fullmatch.</summary>
    /// <exception cref="UserError">It is none.</exception>
    public static Regex Parse(string expression) => ParseRaw($@"\A(?:{Translated(expression)})\z", expression);

    /// <summary>An expression that must match where a path begins, as Python's match.</summary>
    /// <exception cref="UserError">It is none.</exception>
    public static Regex ParseBeginning(string expression) => ParseRaw($@"\A{Translated(expression)}", expression);

    /// <summary>The first match in a path.</summary>
    /// <exception cref="UserError">The expression takes too long.</exception>
    public static Match Find(Regex expression, string path)
    {
        var begun = Stopwatch.GetTimestamp();
        try
        {
            var match = expression.Match(path);
            spent += Stopwatch.GetTimestamp() - begun;
            if (Stopwatch.GetElapsedTime(0, spent) > PatienceInAll) throw TooSlow(expression.ToString(), path);
            return match;
        }
        catch (RegexMatchTimeoutException)
        {
            throw TooSlow(expression.ToString(), path);
        }
    }

    private static Regex ParseRaw(string whole, string expression)
    {
        if (expression.Length > LongestExpression) throw new UserError($"a regular expression over module paths has {expression.Length:N0} characters; at most {LongestExpression:N0} are taken. Name the modules in a list instead.");
        ready ??= new(StringComparer.Ordinal);
        if (ready.TryGetValue(whole, out var known)) return known;
        try
        {
            return ready[whole] = new Regex(whole, RegexOptions.CultureInvariant, Patience);
        }
        catch (ArgumentException error)
        {
            throw new UserError($"\"{Excerpt.Of(expression)}\" is not a regular expression over module paths: {Excerpt.Of(error.Message.TrimEnd('.'))}. Name the modules in a list instead.");
        }
    }

    /// <summary>What Python spells in another way.</summary>
    private static string Translated(string expression) =>
        BackReference().Replace(expression.Replace("(?P<", "(?<", StringComparison.Ordinal).Replace(@"\Z", @"\z", StringComparison.Ordinal), @"\k<$1>");

    [GeneratedRegex(@"\(\?P=(\w+)\)", RegexOptions.CultureInvariant)]
    private static partial Regex BackReference();

    private static UserError TooSlow(string expression, string path) =>
        new($"The regular expression \"{Excerpt.Of(expression)}\" of the adapter takes too long on the path {path}. Name the modules in a list instead.");
}
