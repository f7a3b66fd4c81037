using Unmask.Engine.Tensors;

namespace Unmask.Engine.Data;

/// <summary>
/// Random numbers without state, by <see cref="Philox"/>: the i-th number of a stream is a function of seed, purpose, stream and i. For orders
/// and cuts of rows; noise on tokens has its own names for its numbers (NoiseKey), and shares no counter with these.
/// </summary>
internal readonly struct CounterRandom(ulong seed, CounterRandom.Purpose purpose, ulong stream)
{
    /// <summary>Set in the byte in which noise has its stream, which is never that high.</summary>
    private const uint NotNoise = 0x80;

    /// <summary>Keeps streams for different ends apart although they share the seed. The values are part of the numbers: never renumber.</summary>
    public enum Purpose
    {
        Order = 1,
        Split = 2,
        Truncation = 3,
        ResponseCut = 4,
    }

    /// <summary>64 random bits. Streams are told apart by 56 bits.</summary>
    public ulong this[ulong counter]
    {
        get
        {
            var (w0, w1, _, _) = Philox.Block(
                (uint)counter, (uint)stream, ((uint)(stream >> 32) & 0x00FFFFFF) | ((NotNoise | (uint)purpose) << 24), (uint)(counter >> 32),
                (uint)seed, (uint)(seed >> 32));
            return ((ulong)w1 << 32) | w0;
        }
    }

    /// <summary>An integer from 0 to <paramref name="bound"/> - 1; the bias is below bound / 2^64.</summary>
    public ulong Below(ulong counter, ulong bound) => Math.BigMul(this[counter], bound, out _);

    /// <summary>A double from [0, 1) with 53 random bits.</summary>
    public double Uniform(ulong counter) => (this[counter] >> 11) * (1.0 / (1L << 53));
}
