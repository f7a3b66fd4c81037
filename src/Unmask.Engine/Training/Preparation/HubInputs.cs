using Unmask.Core.Hub.Datasets;
using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Recipes;

namespace Unmask.Engine.Training.Preparation;

/// <summary>Models and datasets of the Hub among the settings of a run: brought here before anything else is done, so that a run is of folders only.</summary>
public static class HubInputs
{
    /// <summary>Exchanges what is of the Hub for folders, and downloads what is not in the cache.</summary>
    /// <param name="recipe">Settings. What is wrong with them by themselves is told before anything is downloaded.</param>
    /// <param name="folders">Downloads.</param>
    /// <returns>Whether anything was of the Hub.</returns>
    /// <exception cref="UserError">A setting is wrong, or something is neither here nor to be had.</exception>
    public static bool Bring(Recipe recipe, HubFolders folders)
    {
        if (!OnHub(recipe.Parameters).Any()) return false;
        recipe.Checked();
        recipe.Exchange(parameters => parameters with
        {
            Model = parameters.Model is { } model ? folders.Model(model) : null,
            Tokenizer = parameters.Tokenizer is { } tokenizer ? folders.Tokenizer(tokenizer) : null,
            Dataset = parameters.Dataset is { } dataset ? folders.Dataset(dataset) : null,
            EvalDataset = parameters.EvalDataset is { } eval ? folders.Dataset(eval) : null,
            FinalEvaluationDataset = parameters.FinalEvaluationDataset is { } final ? folders.Dataset(final) : null,
        });
        return true;
    }

    /// <summary>Exchanges models of the Hub for their folders where the cache has them whole; no call is made.</summary>
    public static TrainParameters Cached(TrainParameters parameters) => parameters with
    {
        Model = parameters.Model is { } model ? HubFolders.CachedModel(model) ?? model : null,
        Tokenizer = parameters.Tokenizer is { } tokenizer ? HubFolders.CachedModel(tokenizer, withWeights: false) ?? tokenizer : null,
    };

    /// <summary>Settings whose values are still of the Hub.</summary>
    internal static IEnumerable<(string Setting, string Value)> OnHub(TrainParameters parameters)
    {
        (string Setting, string? Value, bool IsData)[] all =
        [
            ("model", parameters.Model, false), ("tokenizer", parameters.Tokenizer, false),
            ("dataset", parameters.Dataset, true), ("eval_dataset", parameters.EvalDataset, true), ("final_evaluation_dataset", parameters.FinalEvaluationDataset, true),
        ];
        return from one in all where one.Value is { Length: > 0 } && (one.IsData ? HubFolders.HasDataOnHub(one.Value) : HubFolders.IsOnHub(one.Value)) select (one.Setting, one.Value!);
    }
}
