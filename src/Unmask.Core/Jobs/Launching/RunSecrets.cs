using Unmask.Core.Hub.Datasets;
using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Recipes;

namespace Unmask.Core.Jobs.Launching;

/// <summary>The secrets that the worker of a run needs.</summary>
internal static class RunSecrets
{
    /// <summary>What the run of a folder needs: the Hub where its settings name something that is not here, Weights &amp; Biases where it reports there.</summary>
    public static SecretNeeds NeededBy(string runFolder)
    {
        TrainParameters settings;
        try
        {
            settings = Recipe.Load(Path.Combine(runFolder, "config.yaml"), null, runFolder).Parameters;
        }
        catch (UserError)
        {
            // What cannot be read trains nothing.
            return SecretNeeds.None;
        }

        bool isOnHub = ((string?[])[settings.Model, settings.Tokenizer]).Any(named => named is not null && HubFolders.IsOnHub(named))
            || ((string?[])[settings.Dataset, settings.EvalDataset, settings.FinalEvaluationDataset]).Any(named => named is not null && HubFolders.HasDataOnHub(named));
        return (isOnHub ? SecretNeeds.Hub : SecretNeeds.None) | (settings.LogToWandb ? SecretNeeds.Wandb : SecretNeeds.None);
    }
}
