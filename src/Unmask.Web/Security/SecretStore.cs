using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Unmask.Core.Outbound;
using Unmask.Core.Storage;
using Unmask.Core.Workspaces;

namespace Unmask.Web.Security;

/// <summary>A secret that can be kept.</summary>
/// <param name="Id">Its name in addresses and on disk.</param>
/// <param name="Title">What people call it.</param>
/// <param name="Help">What it is for.</param>
/// <param name="Variable">The variable that gives it to the processes that work; null where they have no use for it.</param>
public sealed record SecretKind(string Id, string Title, string Help, string? Variable = null);

/// <summary>Tokens and keys of other services, encrypted in the folder <c>secrets</c> of the home folder, each in a file that only its owner may read.</summary>
public sealed class SecretStore(Workspace workspace, IDataProtectionProvider protection)
{
    /// <summary>Id of the token of the Hugging Face Hub.</summary>
    public const string HuggingFace = "hugging-face";

    /// <summary>Id of the key of Weights &amp; Biases.</summary>
    public const string Wandb = "wandb";

    /// <summary>Id of the address that events are sent to.</summary>
    public const string Webhook = "webhook";

    /// <summary>Id of what they are signed with.</summary>
    public const string WebhookSecret = "webhook-secret";

    private const int Longest = 500;

    private readonly IDataProtector protector = protection.CreateProtector("secrets");

    /// <summary>The secrets there can be.</summary>
    public static IReadOnlyList<SecretKind> Kinds { get; } =
    [
        new(HuggingFace, "Hugging Face token", "For gated and private models and datasets; starts with hf_.", "HF_TOKEN"),
        new(Wandb, "Weights & Biases key", "For live curves at wandb.ai; 40 characters or more.", "WANDB_API_KEY"),
        new(Webhook, "Webhook address", "Receives a JSON event when a run starts, ends, fails or diverges. Stored as a secret, because webhook URLs of chat services contain one."),
        new(WebhookSecret, "Webhook secret", "Signs each event (X-Unmask-Signature: sha256=HMAC of the body), so that the receiver can verify the sender."),
    ];

    /// <summary>Those of a home folder.</summary>
    public static SecretStore Of(Workspace workspace) =>
        new(workspace, DataProtectionProvider.Create(new DirectoryInfo(Path.Combine(workspace.SecretsPath, "keys")), protection => protection.SetApplicationName("Unmask")));

    /// <summary>The secrets as variables for a process that works; those that the workbench itself was started with go before.</summary>
    public IReadOnlyDictionary<string, string> Variables() => Kinds.Where(kind => kind.Variable is { } variable && string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable)))
        .Select(kind => (Variable: kind.Variable!, Secret: Get(kind.Id))).Where(pair => pair.Secret is not null).ToDictionary(pair => pair.Variable, pair => pair.Secret!);

    /// <summary>A secret; null when it is not set or cannot be decrypted any more.</summary>
    public string? Get(string id)
    {
        try
        {
            return File.Exists(PathOf(id)) ? protector.Unprotect(File.ReadAllText(PathOf(id))) : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>A secret as it may be shown: its last four letters; null when there is none.</summary>
    public string? Masked(string id) => Get(id) is { } secret ? "••••••••" + (secret.Length > 12 ? secret[^4..] : "") : null;

    /// <summary>Keeps a secret.</summary>
    /// <exception cref="UserError">It is empty, too long, or holds blanks.</exception>
    public void Set(string id, string secret)
    {
        var trimmed = secret.Trim();
        if (id == Webhook) _ = WebhookTarget.Of(trimmed, null);
        if (trimmed.Length is 0 or > Longest || trimmed.Any(letter => char.IsWhiteSpace(letter) || char.IsControl(letter))) throw new UserError($"The token has {trimmed.Length} characters or contains spaces. A token must have 1 to {Longest} characters without spaces. Copy the token again.");
        Durable.WriteFile(PathOf(id), System.Text.Encoding.UTF8.GetBytes(protector.Protect(trimmed)));
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(PathOf(id), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>Forgets a secret.</summary>
    public void Remove(string id) => File.Delete(PathOf(id));

    /// <summary>Where events are sent; null where no address is kept.</summary>
    public WebhookTarget? Target() => Get(Webhook) is { } address ? WebhookTarget.Of(address, Get(WebhookSecret)) : null;

    private string PathOf(string id) => Kinds.Any(kind => kind.Id == id) ? Path.Combine(workspace.SecretsPath, id) : throw new UserError($"There is no secret {id}.");
}
