using Unmask.Engine.Tensors;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Regularization;

/// <summary>Which units of a tensor [B, H, L, W] are dropped. A line is its last dimension: the units of a token, or the weights that it gives to others.</summary>
/// <param name="Dropout">Place in the model, probability, and names of the tokens.</param>
/// <param name="First">Token of the first line; those of the other sequences and positions follow.</param>
/// <param name="Heads">H.</param>
/// <param name="Length">L.</param>
internal sealed record DropoutLines(ActiveDropout Dropout, int First, int Heads, int Length)
{
    /// <summary>Words below this drop their unit.</summary>
    public uint Threshold { get; } = (uint)Math.Round(Dropout.Probability * 4294967296.0);

    /// <summary>What kept units are multiplied by.</summary>
    public float Scale { get; } = (float)(1 / (1 - Dropout.Probability));

    /// <summary>The key under which <see cref="KeyedWords"/> gives a word for each unit of line <paramref name="line"/>.</summary>
    public (uint Start, uint Turn) Key(int line)
    {
        var (sequenceAndHead, position) = Math.DivRem(line, Length);
        var (sequence, head) = Math.DivRem(sequenceAndHead, Heads);
        var token = Dropout.Tokens_N[First + sequence * Length + position];
        var (start, turn, _, _) = Philox.Block(token.Position, (uint)head, (uint)Dropout.Site, (uint)(Dropout.Site >> 32), (uint)token.Row, (uint)(token.Row >> 32));
        return (start, turn);
    }

    /// <summary>Which units of a tensor of this shape stay, on any device: bool.</summary>
    public Tensor Kept(long[] shape, Device device)
    {
        using var scope = NewDisposeScope();
        var lines = (int)shape[..^1].Aggregate(1L, (product, size) => product * size);
        var keys = new int[2 * lines];
        for (var line = 0; line < lines; line++)
        {
            var (start, turn) = Key(line);
            (keys[line], keys[lines + line]) = (unchecked((int)start), unchecked((int)turn));
        }

        // Words are int32 that wrap around; a shift must not carry the sign down.
        static Tensor Folded(Tensor h, int shift) => h.bitwise_xor_(h.bitwise_right_shift(tensor(shift)).bitwise_and_(tensor((1 << (32 - shift)) - 1)));
        var key = tensor(keys, device: device).view(2, lines, 1);
        var h = arange(shape[^1], dtype: ScalarType.Int32, device: device).mul_(unchecked((int)KeyedWords.Step)) + key[0];
        Folded(h, KeyedWords.Shift0).mul_((int)KeyedWords.Multiplier0);
        Folded(h, KeyedWords.Shift1).add_(key[1]).mul_((int)KeyedWords.Multiplier1);
        Folded(h, KeyedWords.Shift2);
        // Turning the highest bit makes signed comparison that of unsigned numbers.
        return h.bitwise_xor_(tensor(int.MinValue)).ge(unchecked((int)Threshold) ^ int.MinValue).view(shape).MoveToOuterDisposeScope();
    }
}
