namespace Unmask.Core;

/// <summary>Services whose secret a process needs.</summary>
[Flags]
public enum SecretNeeds
{
    None = 0,

    /// <summary>The Hugging Face Hub.</summary>
    Hub = 1,

    /// <summary>Weights &amp; Biases.</summary>
    Wandb = 2,
}

/// <summary>The secrets in an environment: a process that this one starts gets those that its work needs, and no others.</summary>
public static class ChildSecrets
{
    private static readonly (SecretNeeds Need, string Name)[] all = [(SecretNeeds.Hub, "HF_TOKEN"), (SecretNeeds.Hub, "HUGGING_FACE_HUB_TOKEN"), (SecretNeeds.Wandb, "WANDB_API_KEY")];

    /// <summary>The variables that hold one.</summary>
    public static IEnumerable<string> Names => all.Select(secret => secret.Name);

    /// <summary>Takes all of them out of the environment of a process that needs none.</summary>
    public static void Remove(IDictionary<string, string?> environment) => Remove(environment, SecretNeeds.None);

    /// <summary>Takes those out that a process does not need.</summary>
    internal static void Remove(IDictionary<string, string?> environment, SecretNeeds needs)
    {
        foreach (var (_, name) in all.Where(secret => !needs.HasFlag(secret.Need))) environment.Remove(name);
    }

    /// <summary>Is a variable one that a process with these needs may have?</summary>
    internal static bool Allows(string variable, SecretNeeds needs) => all.All(secret => secret.Name != variable || needs.HasFlag(secret.Need));
}
