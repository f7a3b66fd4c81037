namespace Unmask.Engine.Modeling.Sequences;

/// <summary>
/// The name under which dropout draws for a token. Which units it drops is a function of this name, the place in the model and the unit alone, so a token
/// loses the same units in whatever batch its row is trained.
/// </summary>
/// <param name="Row">Key of the row in this epoch.</param>
/// <param name="Position">Place of the token in its row.</param>
public readonly record struct TokenKey(ulong Row, uint Position)
{
    /// <summary>The name of a token that stands for all padding of its row with this id (<see cref="PackedSequences.Blind"/>).</summary>
    public static TokenKey Blind(ulong row, int id) => new(row, 0x8000_0000 | (uint)id);
}
