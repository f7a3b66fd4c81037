using System.Text.RegularExpressions;

using Unmask.Core;

namespace Unmask.Engine.Adapters;

/// <summary>Regular expressions over module paths, as adapter files have them.</summary>
internal static class PathExpression
{
    /// <summary>Bounds what an expression from a file can cost.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>An expression ready to be used.</summary>
    /// <exception cref="UserError">It is none.</exception>
    public static Regex Parse(string expression)
    {
        try
        {
            return new Regex(expression, RegexOptions.CultureInvariant, Patience);
        }
        catch (ArgumentException error)
        {
            throw new UserError($"\"{expression}\" is not a regular expression over module paths: {error.Message.TrimEnd('.')}. Name the modules in a list instead.");
        }
    }

    /// <summary>The first match in a path.</summary>
    /// <exception cref="UserError">The expression takes too long.</exception>
    public static Match Find(Regex expression, string path)
    {
        try
        {
            return expression.Match(path);
        }
        catch (RegexMatchTimeoutException)
        {
            throw new UserError($"The regular expression \"{expression}\" of the adaptor takes more than {Patience.TotalSeconds:0} second on the path {path}. Name the modules in a list instead.");
        }
    }
}
