using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Sequences;

/// <summary>
/// A packed batch rearranged so that equal lengths stand together and attention needs one call for each length. The order
/// goes unseen by the caller: <see cref="Restore"/> puts rows back.
/// </summary>
internal sealed class PackedOrder
{
    private readonly Tensor? restore_N;

    private PackedOrder(Tensor ids_N, Tensor? types_N, TokenKey[]? dropoutKeys_N, int[] lengths, int blind, Tensor? restore_N)
    {
        Ids_N = ids_N;
        Types_N = types_N;
        DropoutKeys_N = dropoutKeys_N;
        Lengths = lengths;
        Blind = blind;
        this.restore_N = restore_N;
    }

    /// <summary>Token ids in this order, int64 [N].</summary>
    public Tensor Ids_N { get; }

    /// <summary>Token types in this order, int64 [N], or null for all 0.</summary>
    public Tensor? Types_N { get; }

    /// <summary>Names of the tokens in this order, or null.</summary>
    public TokenKey[]? DropoutKeys_N { get; }

    public int[] Lengths { get; }

    /// <inheritdoc cref="PackedSequences.Blind"/>
    public int Blind { get; }

    /// <summary>Place of each token in its own sequence, int64 [N].</summary>
    public Tensor Positions_N() => Positions_N(Lengths, Ids_N.device);

    /// <summary>Place of each token in its own sequence, int64 [N], for sequences of these lengths end to end.</summary>
    public static Tensor Positions_N(int[] lengths, Device device)
    {
        var positions = new long[lengths.Sum()];
        var at = 0;
        foreach (var length in lengths)
        {
            for (var i = 0; i < length; i++) positions[at++] = i;
        }

        return tensor(positions, dtype: ScalarType.Int64, device: device);
    }

    /// <summary>Rows [N, ...] in the order the caller gave.</summary>
    public Tensor Restore(Tensor x_ND) => restore_N is null ? x_ND : x_ND.index_select(0, restore_N);

    public static PackedOrder Of(PackedSequences input)
    {
        var lengths = input.Lengths;
        if (LengthRun.Of(lengths).Count <= lengths.Where(length => length > 0).Distinct().Count())
        {
            return new PackedOrder(input.Ids_N, input.Types_N, input.DropoutKeys_N, lengths, input.Blind, null);
        }

        var starts = new int[lengths.Length];
        for (var i = 1; i < lengths.Length; i++) starts[i] = starts[i - 1] + lengths[i - 1];
        var order = Enumerable.Range(0, lengths.Length).OrderBy(i => lengths[i]).ToArray();
        var total = lengths.Sum();
        // Blind tokens keep their places at the end.
        var gather = Enumerable.Range(0, total + input.Blind).Select(i => (long)i).ToArray();
        var restore = (long[])gather.Clone();
        var at = 0;
        foreach (var sequence in order)
        {
            for (var i = 0; i < lengths[sequence]; i++, at++)
            {
                gather[at] = starts[sequence] + i;
                restore[starts[sequence] + i] = at;
            }
        }

        var device = input.Ids_N.device;
        var gather_N = tensor(gather, dtype: ScalarType.Int64, device: device);
        var restore_N = tensor(restore, dtype: ScalarType.Int64, device: device);
        return new PackedOrder(
            input.Ids_N.index_select(0, gather_N), input.Types_N?.index_select(0, gather_N),
            input.DropoutKeys_N is { } keys ? [.. gather.Select(i => keys[i])] : null,
            [.. order.Select(i => lengths[i])], input.Blind, restore_N);
    }
}
