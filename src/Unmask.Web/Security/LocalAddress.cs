using System.Diagnostics.CodeAnalysis;

namespace Unmask.Web.Security;

/// <summary>Addresses inside the workbench: a path and what follows it, never another host.</summary>
internal static class LocalAddress
{
    /// <summary>Is it one? Browsers read a backslash as a slash and leave tabs and line ends out, so none of them may be in it.</summary>
    public static bool Is([NotNullWhen(true)] string? text) =>
        text is ['/', ..] && (text.Length == 1 || text[1] is not ('/' or '\\')) && !text.Any(letter => letter is '\\' or <= ' ' or > '~');
}
