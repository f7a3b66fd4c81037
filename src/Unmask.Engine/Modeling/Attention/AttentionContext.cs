using Unmask.Engine.Modeling.Sequences;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Attention;

/// <summary>What the layers of one forward share: which tokens see each other, their positions, and the rotary tables, which are computed once.</summary>
/// <param name="lengths">Tokens of each sequence, end to end; each sees its whole sequence and no other.</param>
/// <param name="blind">Tokens behind the sequences, which attend to nothing.</param>
internal sealed class AttentionContext(int[] lengths, int blind = 0) : IDisposable
{
    private readonly Dictionary<(int HeadWidth, double Theta, ScalarType Dtype), RotaryEmbedding> tables = [];
    private bool ended;

    /// <summary>Tokens of each sequence, end to end.</summary>
    public int[] Lengths { get; } = lengths;

    /// <inheritdoc cref="PackedSequences.Blind"/>
    public int Blind { get; } = blind;

    public static AttentionContext Of(PackedOrder packed) => new(packed.Lengths, packed.Blind);

    /// <summary>The tables that rotate heads of a width; those of a forward that has ended (layers computed again in the backward pass) belong to the caller's dispose scope.</summary>
    /// <param name="headWidth">K.</param>
    /// <param name="theta">Base of the frequencies.</param>
    /// <param name="like">Device and type of the values to be rotated.</param>
    public RotaryEmbedding Rotary(int headWidth, double theta, Tensor like)
    {
        if (ended) return Create();
        var key = (headWidth, theta, like.dtype);
        if (!tables.TryGetValue(key, out var table))
        {
            table = Create();
            table.Detach();
            tables.Add(key, table);
        }

        return table;

        RotaryEmbedding Create() => new(PackedOrder.Positions_N(Lengths, like.device), headWidth, theta, like.dtype);
    }

    public void Dispose()
    {
        ended = true;
        foreach (var table in tables.Values) table.Dispose();
        tables.Clear();
    }
}
