using System.Collections.Concurrent;
using Unmask.Core.Data;
using Unmask.Core.Datasets;
using Unmask.Core.Models;
using Unmask.Core.Protocol;
using Unmask.Core.Protocol.Client;

namespace Unmask.Web.Insights;

/// <summary>Datasets, looked through once: their files do not change.</summary>
/// <param name="store">Where they lie.</param>
/// <param name="models">Models whose tokens may count.</param>
/// <param name="engine">Looks.</param>
public sealed class DatasetInsights(DatasetStore store, ModelStore models, EngineProcess engine)
{
    private readonly ConcurrentDictionary<(string Dataset, string Model), DataInspection> seen = [];
    private readonly ConcurrentDictionary<(string Dataset, string Model), SemaphoreSlim> looks = [];

    /// <summary>What is in a dataset.</summary>
    /// <param name="dataset">Which.</param>
    /// <param name="model">Id of the model whose tokens count; null or empty to count characters alone.</param>
    /// <param name="tell">Told how far it is; null for nobody. Who asks for what another looks through already waits, and is told nothing.</param>
    /// <param name="stop">Ends the look.</param>
    /// <exception cref="UserError">Nothing of it can be read, or there is no such model.</exception>
    public async Task<DataInspection> Of(StoredDataset dataset, string? model, Action<EngineProgress>? tell = null, CancellationToken stop = default)
    {
        var what = (dataset.Id, model ?? "");
        if (seen.TryGetValue(what, out var known)) return known;
        var look = looks.GetOrAdd(what, _ => new SemaphoreSlim(1));
        await look.WaitAsync(stop);
        try
        {
            if (seen.TryGetValue(what, out known)) return known;
            var request = new DataInspectRequest(store.PathOf(dataset)) { Recipe = string.IsNullOrEmpty(model) ? null : Settings(dataset, model) };
            return seen[what] = await engine.AskAsync(request, tell, stop);
        }
        finally
        {
            look.Release();
        }
    }

    /// <summary>The same if it is known within the time that a page can wait; null when it takes longer.</summary>
    /// <inheritdoc cref="Of"/>
    public async Task<DataInspection?> Soon(StoredDataset dataset, string? model, TimeSpan wait)
    {
        using var stop = new CancellationTokenSource(wait);
        try
        {
            return await Of(dataset, model, stop: stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>The settings of a training of a model on a dataset, all else as usual.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="model">Id of the model; null or empty for a fresh one that learns its characters.</param>
    /// <param name="maxLength">max_length; null for the usual.</param>
    /// <param name="columns">prompt_column and response_column; null for those that are known by their names.</param>
    public RecipeText Settings(StoredDataset dataset, string? model, int? maxLength = null, (string Prompt, string Response)? columns = null)
    {
        Dictionary<string, string> fields = new() { ["dataset"] = store.PathOf(dataset) };
        if (string.IsNullOrEmpty(model)) (fields["model_architecture"], fields["model_size"], fields["vocabulary"], fields["max_length"]) = ("bert", "tiny", "character", "512");
        else fields["model"] = (models.Find(model) ?? throw new UserError($"There is no model {model}. Select another one.")).Path;
        if (maxLength is { } limit) fields["max_length"] = limit.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (columns is { } named) (fields["prompt_column"], fields["response_column"]) = named;
        return RecipeText.OfFields(fields);
    }
}
