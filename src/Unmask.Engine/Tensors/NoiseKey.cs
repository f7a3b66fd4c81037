namespace Unmask.Engine.Tensors;

/// <summary>
/// What a random number is for. Two streams of one seed share no counter. The values are part of the noise: never renumber.
/// </summary>
public enum NoiseStream
{
    Time = 1,
    Mask = 2,
    Count = 3,
    EvaluationCount = 4,
    EvaluationMask = 5,
    SamplingToken = 6,
    SamplingOrder = 7,
    SamplingCount = 8,
    Dropout = 9,
}

/// <summary>
/// Random numbers by name: (seed, stream) and then (epoch, index, position). The same name gives the same number on every
/// machine, for every batch split, rank count and resume.
/// </summary>
/// <remarks>Philox key = seed; counter = position / 4, index (56 bits), stream (8 bits), epoch; word = position mod 4.</remarks>
public readonly record struct NoiseKey(long Seed, NoiseStream Stream)
{
    private const float Unit24 = 1f / (1 << 24);
    private const double Unit53 = 1.0 / (1L << 53);

    /// <summary>Uniform in [0, 1) with 24 bits, exact in a float. Never 1.</summary>
    /// <param name="epoch">Epoch of the data, or another outer number; -1 is a valid one of its own.</param>
    /// <param name="index">Place of the example in its dataset (below 2^56).</param>
    /// <param name="position">Token position.</param>
    public float Uniform(int epoch, long index, int position)
    {
        var (w0, w1, w2, w3) = Block(epoch, index, (uint)position >> 2);
        var word = (position & 3) switch { 0 => w0, 1 => w1, 2 => w2, _ => w3 };
        return (word >> 8) * Unit24;
    }

    /// <summary>The uniforms of positions 0..n-1, n the length of <paramref name="destination"/>; four to a block.</summary>
    public void Uniforms(int epoch, long index, Span<float> destination)
    {
        for (var position = 0; position < destination.Length; position += 4)
        {
            var (w0, w1, w2, w3) = Block(epoch, index, (uint)position >> 2);
            destination[position] = (w0 >> 8) * Unit24;
            if (position + 1 < destination.Length) destination[position + 1] = (w1 >> 8) * Unit24;
            if (position + 2 < destination.Length) destination[position + 2] = (w2 >> 8) * Unit24;
            if (position + 3 < destination.Length) destination[position + 3] = (w3 >> 8) * Unit24;
        }
    }

    /// <summary>64 random bits (words 0 and 1 of the block of <paramref name="position"/>).</summary>
    public ulong Bits(int epoch, long index, int position)
    {
        var (w0, w1, _, _) = Block(epoch, index, (uint)position);
        return ((ulong)w1 << 32) | w0;
    }

    /// <summary>Uniform in [0, 1) with 53 bits, from <see cref="Bits"/>.</summary>
    public double UniformDouble(int epoch, long index, int position) => (Bits(epoch, index, position) >> 11) * Unit53;

    /// <summary>
    /// Point <paramref name="place"/> of a low-discrepancy sequence in [0, 1): a random start for each epoch, then steps of
    /// the golden ratio modulo 1. Any run of neighboring places covers the interval almost evenly, wherever it starts, so batches
    /// of any size are stratified while each point depends on (seed, epoch, place) alone. Each point by itself is uniform.
    /// </summary>
    public double LowDiscrepancy(int epoch, long place)
    {
        // The golden ratio's fraction in 64 bits; wrap-around is the modulo, so far places are as exact as near ones.
        const ulong golden = 0x9E3779B97F4A7C15;
        var point = unchecked(Bits(epoch, 0, 0) + (ulong)place * golden);
        return (point >> 11) * Unit53;
    }

    private (uint, uint, uint, uint) Block(int epoch, long index, uint block) => Philox.Block(
        block,
        (uint)index,
        ((uint)(index >> 32) & 0x00FFFFFF) | ((uint)Stream << 24),
        (uint)epoch,
        (uint)Seed,
        (uint)(Seed >> 32));
}
