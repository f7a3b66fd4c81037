using Unmask.Core.Data;
using Unmask.Engine.Data;
using Unmask.Engine.Data.Preparation;

namespace Unmask.Engine.Lens;

/// <summary>
/// Finds the places of rows among the training rows by walking through them in the order of the files. Rows that are held out keep their
/// order too, and equal rows are all held out or all trained on, so a row is trained on exactly if it is the next row in the store.
/// </summary>
/// <param name="data">The prepared rows; null where no rows are held out, so that the places are simply counted.</param>
internal sealed class TrainingPlaces(PreparedData? data)
{
    private int _train;
    private int _eval;

    /// <summary>What became of the next usable row.</summary>
    /// <returns>Its place, or null with the reason why it is not trained on.</returns>
    public (long? Place, RowStatus? Instead) Next(ReadOnlySpan<int> ids, int promptLength)
    {
        if (data is null || IsNext(data.Train, _train, ids, promptLength)) return (_train++, null);
        if (data.Eval is null || !IsNext(data.Eval, _eval, ids, promptLength)) return (null, RowStatus.BeyondLimit);
        _eval++;
        return (null, RowStatus.HeldOut);
    }

    private static bool IsNext(ExampleStore store, int place, ReadOnlySpan<int> ids, int promptLength) =>
        place < store.Count && store.PromptLengthOf(place) == promptLength && store.IdsOf(place).SequenceEqual(ids);
}
