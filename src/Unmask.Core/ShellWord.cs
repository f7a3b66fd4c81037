namespace Unmask.Core;

/// <summary>Words of a command line that is shown to be copied. Names and paths are other people's texts: none of them may become a command.</summary>
public static class ShellWord
{
    private const string Plain = "_-+=:,./@%";

    /// <summary>The text as one word of the shell of this system; as it is where that is one word already.</summary>
    public static string Quote(string text) => OperatingSystem.IsWindows() ? ForWindows(text) : ForPosix(text);

    /// <summary>The text as one word of sh, bash and zsh: in single quotes nothing has a meaning but the quote itself.</summary>
    public static string ForPosix(string text)
    {
        string clean = TerminalText.Clean(text).ReplaceLineEndings(" ");
        return clean.Length > 0 && clean.All(letter => char.IsAsciiLetterOrDigit(letter) || Plain.Contains(letter, StringComparison.Ordinal))
            ? clean : $"'{clean.Replace("'", "'\\''", StringComparison.Ordinal)}'";
    }

    /// <summary>A path as an argument: never read as an option.</summary>
    public static string QuotePath(string path) => Quote(path.StartsWith('-') ? "." + Path.DirectorySeparatorChar + path : path);

    private static string ForWindows(string text)
    {
        string clean = TerminalText.Clean(text).ReplaceLineEndings(" ");
        return clean.Length > 0 && clean.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '\\' || (Plain.Contains(letter, StringComparison.Ordinal) && letter is not ('%' or '@' or ','))) ? clean
            // In both of its shells a quoted word has no other end than the quote; names of files have none.
            : $"\"{clean.Replace("\"", "", StringComparison.Ordinal).Replace("%", "", StringComparison.Ordinal).Replace("$", "", StringComparison.Ordinal).Replace("`", "", StringComparison.Ordinal)}\"";
    }
}
