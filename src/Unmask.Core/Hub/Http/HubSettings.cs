using System.Text.RegularExpressions;

namespace Unmask.Core.Hub.Http;

/// <summary>
/// Where the Hub is, who asks, and where downloads lie: what the environment variables of huggingface_hub say. Not a record, so that no
/// text ever shows the token.
/// </summary>
public sealed partial class HubSettings
{
    private static readonly Uri PublicEndpoint = new("https://huggingface.co");

    /// <summary>Address of the Hub, without a slash at the end: <c>HF_ENDPOINT</c>, else the public one.</summary>
    public Uri Endpoint { get; init; } = PublicEndpoint;

    /// <summary>Folder of the cache: <c>HF_HUB_CACHE</c>, else <c>HF_HOME/hub</c>, else <c>~/.cache/huggingface/hub</c>.</summary>
    public required string Cache { get; init; }

    /// <summary><c>HF_HUB_OFFLINE</c> (or <c>TRANSFORMERS_OFFLINE</c>): no call is made, whatever is asked.</summary>
    public bool Offline { get; init; }

    /// <summary>Where the token comes from, as a person would say it; null where there is none.</summary>
    public string? TokenSource { get; init; }

    /// <summary>Whether calls are made in somebody's name.</summary>
    public bool HasToken => Token is not null;

    internal string? Token { get; init; }

    /// <summary>Address of the Hub as text.</summary>
    internal string Address => Endpoint.AbsoluteUri.TrimEnd('/');

    /// <summary>Reads the environment.</summary>
    /// <exception cref="UserError">The endpoint is no address, or the token cannot be one.</exception>
    public static HubSettings FromEnvironment() => From(Environment.GetEnvironmentVariable);

    /// <summary>Reads an environment.</summary>
    /// <param name="read">The value of an environment variable; null where it is not set.</param>
    /// <exception cref="UserError">The endpoint is no address, or the token cannot be one.</exception>
    public static HubSettings From(Func<string, string?> read)
    {
        string? Set(string name) => read(name) is { Length: > 0 } value ? value : null;
        string Folder(string path) => Path.GetFullPath(Expanded(path, Set));

        string home = Folder(Set("HF_HOME") ?? Path.Combine(Set("XDG_CACHE_HOME") ?? "~/.cache", "huggingface"));
        string cache = Folder(Set("HF_HUB_CACHE") ?? Set("HUGGINGFACE_HUB_CACHE") ?? Path.Combine(home, "hub"));
        var (token, source) = TokenOf(Set, Folder(Set("HF_TOKEN_PATH") ?? Path.Combine(home, "token")));
        return new HubSettings
        {
            Endpoint = EndpointOf(Set("HF_ENDPOINT")),
            Cache = cache,
            Offline = IsTrue(Set("HF_HUB_OFFLINE") ?? Set("TRANSFORMERS_OFFLINE")),
            Token = token,
            TokenSource = source,
        };
    }

    /// <summary>Does a call to that address go to the Hub itself, and not to a storage or another host?</summary>
    internal bool IsOwn(Uri address) =>
        address.Scheme == Endpoint.Scheme && address.Port == Endpoint.Port && address.Host.Equals(Endpoint.Host, StringComparison.OrdinalIgnoreCase);

    /// <summary>A text of another's making without the token in it.</summary>
    internal string WithoutSecrets(string text) => Token is { } secret ? text.Replace(secret, "(token)", StringComparison.Ordinal) : text;

    private static Uri EndpointOf(string? given)
    {
        if (given is null) return PublicEndpoint;
        if (!Uri.TryCreate(given.Trim().TrimEnd('/'), UriKind.Absolute, out var endpoint) || endpoint.Scheme is not ("http" or "https"))
        {
            throw new UserError($"HF_ENDPOINT is \"{given}\". It must be an address such as {PublicEndpoint.AbsoluteUri.TrimEnd('/')}. Unset it for the public Hub.");
        }

        if (endpoint.UserInfo.Length > 0) throw new UserError("HF_ENDPOINT holds a user name or a password; give the bare address, and the token in HF_TOKEN.");
        return endpoint;
    }

    private static (string? Token, string? Source) TokenOf(Func<string, string?> read, string file)
    {
        if (IsTrue(read("HF_HUB_DISABLE_IMPLICIT_TOKEN"))) return (null, null);
        foreach (var name in (string[])["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"])
        {
            if (Cleaned(read(name), name) is { } token) return (token, name);
        }

        try
        {
            return File.Exists(file) && Cleaned(File.ReadAllText(file), file) is { } stored ? (stored, file) : (null, null);
        }
        catch (UnauthorizedAccessException)
        {
            throw new UserError($"The token file {file} cannot be read: permission is denied. Make it readable for the user that runs unmask, or set HF_TOKEN.");
        }
    }

    private static string? Cleaned(string? token, string source)
    {
        string? bare = token?.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal).Trim();
        if (string.IsNullOrEmpty(bare)) return null;
        return bare.All(letter => letter is > ' ' and < '\x7f') ? bare : throw new UserError($"{source} holds a blank or a letter that no token has; put the token in again, as the Hub shows it.");
    }

    private static bool IsTrue(string? value) => value?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE";

    /// <summary>A path with <c>~</c>, <c>$NAME</c> and <c>${NAME}</c> filled in, as huggingface_hub does.</summary>
    private static string Expanded(string path, Func<string, string?> read)
    {
        if (path == "~" || path.StartsWith("~/", StringComparison.Ordinal))
        {
            path = (read("HOME") ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile)) + path[1..];
        }

        return Variable().Replace(path, found => read(found.Groups[1].Value + found.Groups[2].Value) ?? found.Value);
    }

    [GeneratedRegex(@"\$(?:(\w+)|\{(\w+)\})", RegexOptions.CultureInvariant)]
    private static partial Regex Variable();
}
