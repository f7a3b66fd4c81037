using System.Text.Json;

namespace Unmask.Core.Tracking.Wandb;

/// <summary>The account that a key belongs to.</summary>
public static class WandbAccount
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>Asks the server whose key it is.</summary>
    /// <param name="key">The key.</param>
    /// <param name="environment">For tests; null for the process's own variables.</param>
    /// <returns>Name of the person or team that runs go to by default.</returns>
    /// <exception cref="UserError">It is not accepted, or the server cannot be reached.</exception>
    public static string Of(string key, Func<string, string?>? environment = null)
    {
        WandbSettings settings = WandbSettings.Read(environment ?? Environment.GetEnvironmentVariable);
        string trouble = "it does not answer";
        using var server = new WandbServer(settings.BaseUrl, key) { Stumbled = sentence => trouble = sentence };
        using var stop = new CancellationTokenSource(Patience);
        try
        {
            JsonElement answer = server.Ask("Viewer", WandbQueries.Viewer, [], stop.Token);
            return answer.TryGetProperty("viewer", out JsonElement viewer) && viewer.ValueKind == JsonValueKind.Object && viewer.TryGetProperty("entity", out JsonElement entity) && entity.GetString() is { } name
                ? name
                : throw new UserError("The key belongs to nobody; copy it again from the site's page of settings.");
        }
        catch (WandbRefusal refusal)
        {
            throw new UserError($"Weights & Biases at {settings.BaseUrl.Host} refuses: {refusal.Message}.");
        }
        catch (OperationCanceledException)
        {
            throw new UserError(trouble);
        }
    }
}
