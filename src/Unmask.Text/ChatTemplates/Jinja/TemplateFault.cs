namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>
/// Something is wrong with a template: a clause without a place. The lexer, the parser and the renderer know the place and turn it
/// into a <see cref="UserError"/>; it never leaves the engine.
/// </summary>
internal sealed class TemplateFault(string clause) : Exception(Shortened(clause))
{
    private const int LongestClause = 2000;

    /// <summary>What a template calls by name may be as long as a text.</summary>
    public static string Shortened(string clause) => clause.Length <= LongestClause ? clause : clause[..LongestClause] + "...";
}
