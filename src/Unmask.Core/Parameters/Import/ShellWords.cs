using System.Text;

namespace Unmask.Core.Parameters.Import;

/// <summary>Cuts the text of a script into commands of words, as a POSIX shell does; variables stay as they are written.</summary>
internal static class ShellWords
{
    /// <exception cref="UserError">A quote is not closed.</exception>
    public static List<List<string>> Commands(string text)
    {
        var commands = new List<List<string>> { new() };
        var word = new StringBuilder();
        var begun = false;
        var redirected = false;

        void EndWord()
        {
            // The target of a redirection is no word of the command.
            if (begun && !redirected) commands[^1].Add(word.ToString());
            redirected &= !begun;
            begun = false;
            word.Clear();
        }

        void EndCommand()
        {
            EndWord();
            redirected = false;
            if (commands[^1].Count > 0) commands.Add([]);
        }

        for (var at = 0; at < text.Length; at++)
        {
            var letter = text[at];
            switch (letter)
            {
                case '\\' when Continues(text, at) is { } end:
                    at = end;
                    EndWord();
                    break;
                case '\\' when at + 1 < text.Length:
                    word.Append(text[++at]);
                    begun = true;
                    break;
                case '\'' or '"':
                    begun = true;
                    at = Quoted(text, at, word);
                    break;
                case '#' when !begun:
                    while (at + 1 < text.Length && text[at + 1] != '\n') at++;
                    break;
                case '>' or '<':
                    if (begun && word.ToString().All(char.IsAsciiDigit)) (begun, word.Length) = (false, 0);
                    EndWord();
                    while (at + 1 < text.Length && text[at + 1] is '>' or '&') at++;
                    redirected = true;
                    break;
                case '\n' or ';' or '&' or '|':
                    EndCommand();
                    break;
                case ' ' or '\t' or '\r':
                    EndWord();
                    break;
                default:
                    word.Append(letter);
                    begun = true;
                    break;
            }
        }

        EndCommand();
        commands.RemoveAll(command => command.Count == 0);
        return commands;
    }

    /// <summary>Where a line ends that goes on in the next one; null when the backslash at <paramref name="at"/> is none of that kind. Blanks behind it are forgiven.</summary>
    private static int? Continues(string text, int at)
    {
        var end = at + 1;
        while (end < text.Length && text[end] is ' ' or '\t' or '\r') end++;
        return end < text.Length && text[end] == '\n' ? end : null;
    }

    private static int Quoted(string text, int start, StringBuilder word)
    {
        var quote = text[start];
        for (var at = start + 1; at < text.Length; at++)
        {
            if (text[at] == quote) return at;
            if (quote == '"' && text[at] == '\\' && at + 1 < text.Length && text[at + 1] is '"' or '\\' or '$' or '`' or '\n')
            {
                at++;
                if (text[at] == '\n') continue;
            }

            word.Append(text[at]);
        }

        throw new UserError($"The quote {quote} in line {1 + text.AsSpan(0, start).Count('\n')} is not closed.");
    }
}
