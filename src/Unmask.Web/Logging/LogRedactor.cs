using System.Text.RegularExpressions;

namespace Unmask.Web.Logging;

/// <summary>Removes secrets from lines of the log: those that are known here, and words that look like a token.</summary>
/// <param name="secrets">The secrets as they are now; null for one that is not set.</param>
internal sealed partial class LogRedactor(Func<IEnumerable<string?>> secrets)
{
    private const string Instead = "[secret]";
    private const int Shortest = 6;

    public string Redact(string line)
    {
        foreach (var secret in secrets().OfType<string>().Where(secret => secret.Length >= Shortest)) line = line.Replace(secret, Instead, StringComparison.Ordinal);
        return Token().Replace(line, Instead);
    }

    [GeneratedRegex("""\bhf_\w{8,}|(?<=[?&]token=)[^&\s"']+|(?<=\bBearer )\S+""")]
    private static partial Regex Token();
}
