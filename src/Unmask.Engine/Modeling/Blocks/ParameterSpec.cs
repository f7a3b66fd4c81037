namespace Unmask.Engine.Modeling.Blocks;

/// <summary>One parameter of an architecture.</summary>
/// <param name="Name">Name in Hugging Face files.</param>
/// <param name="Shape">Sizes as stored.</param>
/// <param name="Initialization">Published start value.</param>
/// <param name="OtherNames">Names that older or tied files have for it, in order of preference after <paramref name="Name"/>.</param>
public sealed record ParameterSpec(string Name, long[] Shape, Initialization Initialization, params string[] OtherNames)
{
    /// <summary>
    /// A second name under which files must hold a copy, because a reader of the original reads that one; null for most.
    /// </summary>
    public string? SavedAlsoAs { get; init; }

    public long Elements => Shape.Aggregate(1L, (product, size) => product * size);
}
