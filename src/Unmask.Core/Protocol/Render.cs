using Unmask.Core.Data;

namespace Unmask.Core.Protocol;

/// <summary>Asks for rows of the training data as the tokens that training sees.</summary>
/// <param name="Recipe">The settings. What only forbids the run but bears on no row does not matter.</param>
public sealed record RenderRequest(RecipeText Recipe) : EngineRequest<RenderResult>, IRepeatableRequest
{
    /// <summary>Numbers of rows (<see cref="LensRow.Row"/>); empty for the first ones.</summary>
    public IReadOnlyList<long> Rows { get; init; } = [];

    /// <summary>How many first rows, where no numbers are given.</summary>
    public int First { get; init; } = 3;

    /// <summary>Also draw the noise of the rows at times 0.1 to 0.9. Where rows are held out, all are tokenized for that.</summary>
    public bool Noise { get; init; }
}

/// <summary>Rows as one batch of training.</summary>
/// <param name="View">The rows.</param>
/// <param name="LossWeightType">Which of the noise's weights the recipe uses: uniform, scheduler, or cart with its settings.</param>
/// <param name="Seed">Seed of the noise.</param>
/// <param name="Epoch">Epoch of the noise.</param>
public sealed record RenderResult(LensView View, string LossWeightType, long Seed, int Epoch);
