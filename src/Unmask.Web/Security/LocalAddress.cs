using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;

namespace Unmask.Web.Security;

/// <summary>Addresses inside the workbench: a path and what follows it, never another host.</summary>
internal static class LocalAddress
{
    /// <summary>Is it one? Browsers read a backslash as a slash and leave tabs and line ends out, so none of them may be in it.</summary>
    public static bool Is([NotNullWhen(true)] string? text) =>
        text is ['/', ..] && (text.Length == 1 || text[1] is not ('/' or '\\')) && !text.Any(letter => letter is '\\' or <= ' ' or > '~');

    /// <summary>The address where it is one, and the first page where it is none.</summary>
    public static string OrHome(string? text) => Is(text) ? text : "/";

    /// <summary>What a request asked for, where that is a local address.</summary>
    public static string Of(PathString path, QueryString query = default) => OrHome(path.ToUriComponent() + query.ToUriComponent());
}
