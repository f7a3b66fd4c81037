namespace Unmask.Engine.Data;

/// <summary>
/// Random numbers without state: the i-th number of a stream is a function of seed, purpose, stream and i
/// (SplitMix64 of Steele, Lea and Flood 2014, addressed by counter). For orders and splits; noise on tokens has its own generator.
/// </summary>
internal readonly struct CounterRandom
{
    private const ulong GoldenGamma = 0x9E3779B97F4A7C15;
    private readonly ulong key;

    public CounterRandom(ulong seed, Purpose purpose, ulong stream) =>
        key = Mix(Mix(Mix(seed + GoldenGamma) + (ulong)purpose * GoldenGamma) + (stream + 1) * GoldenGamma);

    /// <summary>Keeps streams for different ends apart although they share the seed.</summary>
    public enum Purpose
    {
        Order = 1,
        Split = 2,
        Truncation = 3,
    }

    public ulong this[ulong counter] => Mix(key + (counter + 1) * GoldenGamma);

    /// <summary>An integer from 0 to <paramref name="bound"/> - 1; the bias is below bound / 2^64.</summary>
    public ulong Below(ulong counter, ulong bound) => Math.BigMul(this[counter], bound, out _);

    /// <summary>A double from [0, 1) with 53 random bits.</summary>
    public double Uniform(ulong counter) => (this[counter] >> 11) * (1.0 / (1L << 53));

    public static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
