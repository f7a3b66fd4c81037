using Unmask.Core.Hub;
using Unmask.Core.Hub.Http;
using Unmask.Core.Tracking.Wandb;

namespace Unmask.Web.Security;

/// <summary>Asks a service whether it takes the token that is kept.</summary>
internal static class TokenTest
{
    /// <summary>What the service says.</summary>
    /// <param name="id">Which token.</param>
    /// <param name="secrets">Where it is kept.</param>
    /// <param name="stop">Ends the question.</param>
    /// <exception cref="UserError">It is not taken, the service cannot be reached, or there is nothing to test.</exception>
    public static async Task<string> Of(string id, SecretStore secrets, CancellationToken stop)
    {
        var token = secrets.Get(id) ?? throw new UserError("No token is stored. Save a token before testing.");
        switch (id)
        {
            case SecretStore.HuggingFace:
                using (var hub = new HubClient(HubSettings.From(name => name == "HF_TOKEN" ? token : Environment.GetEnvironmentVariable(name)))) return $"Hugging Face accepted the token of {await hub.WhoAmI(stop)}.";
            case SecretStore.Wandb:
                return $"Weights & Biases accepted the key. Runs go to {await Task.Run(() => WandbAccount.Of(token), stop)}.";
            default:
                throw new UserError($"{id} cannot be tested.");
        }
    }
}
