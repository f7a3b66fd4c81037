using System.Numerics;
using System.Runtime.CompilerServices;

namespace Unmask.Engine.Tensors;

/// <summary>
/// A random word of 32 bits for each number under a key of 64 bits, at a few instructions each: where <see cref="Philox"/> would cost too much, keys come
/// from it and words from here. Two rounds of multiplication and xor-shift turn a Weyl sequence that starts at the first half of the key into words; the
/// second half is added between the rounds, so that sequences that overlap give different words.
/// Source of the rounds: hash-prospector by Christopher Wellons (github.com/skeeto/hash-prospector), issue 19: of two rounds the one with the least bias, 0.107.
/// </summary>
internal static class KeyedWords
{
    /// <summary>Distance of neighboring numbers: 2^32 over the golden ratio.</summary>
    public const uint Step = 0x9E3779B9;

    public const uint Multiplier0 = 0x21F0AAAD;
    public const uint Multiplier1 = 0x735A2D97;
    public const int Shift0 = 16;
    public const int Shift1 = 15;
    public const int Shift2 = 15;

    /// <summary>The word of <paramref name="number"/> under key (<paramref name="start"/>, <paramref name="turn"/>).</summary>
    public static uint Word(uint start, uint turn, uint number)
    {
        var h = number * Step + start;
        h = (h ^ (h >> Shift0)) * Multiplier0;
        h = ((h ^ (h >> Shift1)) + turn) * Multiplier1;
        return h ^ (h >> Shift2);
    }

    /// <summary>The words of several numbers at once, given number * <see cref="Step"/> + start of each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<uint> Words(Vector<uint> places, Vector<uint> turn)
    {
        var h = (places ^ (places >> Shift0)) * Multiplier0;
        h = ((h ^ (h >> Shift1)) + turn) * Multiplier1;
        return h ^ (h >> Shift2);
    }
}
