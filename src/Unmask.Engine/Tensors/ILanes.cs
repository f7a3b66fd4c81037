namespace Unmask.Engine.Tensors;

/// <summary>
/// Arithmetic on as many float32 numbers as one register holds, so that a kernel is written once for all widths. The runtime compiles code
/// over a struct of lanes anew for each, with these members inlined.
/// </summary>
/// <typeparam name="TVector">The register.</typeparam>
internal unsafe interface ILanes<TVector> where TVector : unmanaged
{
    /// <summary>Numbers in a register.</summary>
    static abstract int Count { get; }

    static abstract TVector Create(float value);

    static abstract TVector Load(float* at);

    static abstract void Store(TVector value, float* at);

    /// <summary>Loads bfloat16, given as bits.</summary>
    static abstract TVector Widen(ushort* at);

    /// <summary>Stores bits of bfloat16, rounded to nearest even.</summary>
    static abstract void Narrow(TVector value, ushort* at);

    static abstract TVector Add(TVector a, TVector b);

    static abstract TVector Subtract(TVector a, TVector b);

    static abstract TVector Multiply(TVector a, TVector b);

    /// <summary>a * b + c, rounded once.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    static abstract TVector Max(TVector a, TVector b);

    static abstract TVector Exp(TVector value);

    /// <summary>Sum over the lanes.</summary>
    static abstract float Sum(TVector value);

    /// <summary>Maximum over the lanes.</summary>
    static abstract float Highest(TVector value);

    /// <summary>Negative infinity in place of lane n unless <paramref name="from"/> &lt;= <paramref name="first"/> + n &lt; <paramref name="end"/>.</summary>
    static abstract TVector Mask(TVector value, int first, int from, int end);
}
