using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Sequences;

/// <summary>
/// Sequences laid end to end without padding. N is the total number of tokens. Attention never crosses a sequence;
/// positions count from 0 within each.
/// </summary>
/// <param name="Ids_N">Token ids, int64 [N].</param>
/// <param name="Lengths">Tokens of each sequence; they sum to N.</param>
public sealed record PackedSequences(Tensor Ids_N, int[] Lengths)
{
    /// <summary>Token type of each token, int64 [N]; null for all 0. Only models with a type table look at it.</summary>
    public Tensor? Types_N { get; init; }

    /// <summary>
    /// How many tokens behind the sequences attend to nothing and are attended to by none: what Dream makes of padding. N counts them,
    /// <see cref="Lengths"/> do not. Only models with <c>TakesBlindTokens</c> can be given some.
    /// </summary>
    public int Blind { get; init; }

    /// <summary>Names of the tokens for dropout, [N], those of blind tokens included; null for sequences that are not trained on.</summary>
    public TokenKey[]? DropoutKeys_N { get; init; }

    /// <summary>Packs rows of equal width: [B*L] ids of which the first <paramref name="lengths"/>[i] of row i are real.</summary>
    /// <param name="blind">Ids of <see cref="Blind"/> tokens to put behind.</param>
    public static PackedSequences FromPadded(ReadOnlySpan<int> ids, int width, ReadOnlySpan<int> lengths, Device device, params IReadOnlyList<int> blind)
    {
        var total = 0;
        foreach (var length in lengths) total += length;
        var packed = new long[total + blind.Count];
        var at = 0;
        for (var row = 0; row < lengths.Length; row++)
        {
            for (var j = 0; j < lengths[row]; j++) packed[at++] = ids[row * width + j];
        }

        foreach (var id in blind) packed[at++] = id;
        return new PackedSequences(tensor(packed, dtype: ScalarType.Int64, device: device), lengths.ToArray()) { Blind = blind.Count };
    }
}
