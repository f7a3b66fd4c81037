using System.Diagnostics.CodeAnalysis;

namespace Unmask.Core.Tracking.Wandb;

/// <summary>How Weights &amp; Biases is reached.</summary>
/// <param name="Mode">online, offline or disabled.</param>
/// <param name="BaseUrl">Address of its programming interface, without a slash at the end.</param>
/// <param name="Key">The key; null for none.</param>
/// <param name="Resume">allow, must, never, or null.</param>
internal sealed record WandbSettings(string Mode, Uri BaseUrl, string? Key, string? Resume)
{
    private const string Public = "https://api.wandb.ai";

    /// <summary>What the environment and the file netrc say.</summary>
    /// <param name="environment">Reads a variable.</param>
    /// <exception cref="UserError">WANDB_BASE_URL is no address, or WANDB_MODE no mode.</exception>
    public static WandbSettings Read(Func<string, string?> environment)
    {
        string mode = Given(environment("WANDB_MODE"))?.ToLowerInvariant() ?? "online";
        if (mode is "dryrun") mode = "offline";
        if (mode is not ("online" or "offline" or "disabled" or "run" or "shared")) throw new UserError($"WANDB_MODE is \"{mode}\". It must be online, offline or disabled.");
        string address = (Given(environment("WANDB_BASE_URL")) ?? Public).TrimEnd('/');
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? url) || url.Scheme is not ("http" or "https")) throw new UserError($"WANDB_BASE_URL is \"{address}\". It must be an address that begins with https:// or http://.");
        return new(mode is "run" or "shared" ? "online" : mode, url, Given(environment("WANDB_API_KEY")) ?? Netrc(environment, url.Host), Given(environment("WANDB_RESUME")));
    }

    /// <summary>Address of a run's page.</summary>
    public string PageOf(string entity, string project, string id)
    {
        string site = BaseUrl.Host == "api.wandb.ai" ? "https://wandb.ai" : BaseUrl.ToString().TrimEnd('/');
        return $"{site}/{Uri.EscapeDataString(entity)}/{Uri.EscapeDataString(project)}/runs/{Uri.EscapeDataString(id)}";
    }

    /// <summary>The password that the file netrc has for a host.</summary>
    private static string? Netrc(Func<string, string?> environment, string host)
    {
        string home = environment("HOME") ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string? path = ((string?[])[environment("NETRC"), Path.Combine(home, ".netrc"), Path.Combine(home, "_netrc")]).FirstOrDefault(File.Exists);
        if (path is null || !TryRead(path, out string? text)) return null;
        string[] words = [.. text.Split('\n').Where(line => !line.TrimStart().StartsWith('#')).SelectMany(line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))];
        bool isOurs = false;
        for (int i = 0; i + 1 < words.Length; i++)
        {
            if (words[i] == "machine") isOurs = words[++i] == host;
            else if (words[i] == "default") isOurs = false;
            else if (words[i] == "password" && isOurs) return words[i + 1];
        }

        return null;
    }

    private static bool TryRead(string path, [NotNullWhen(true)] out string? text)
    {
        try
        {
            text = File.ReadAllText(path);
            return true;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            text = null;
            return false;
        }
    }

    private static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
