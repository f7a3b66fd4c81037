using System.Runtime.CompilerServices;

namespace Unmask.Engine.Modeling.Attention;

/// <summary>The steps that take row by row; rows of float32 are [length, width].</summary>
internal sealed unsafe partial class ShortAttentionKernel<TLanes, TVector>
{
    /// <summary>Rows from where they lie, so many elements apart. <typeparamref name="T"/> is float, or ushort for the bits of bfloat16.</summary>
    private static void Load<T>(T* rows, long stride, int length, int width, float* target) where T : unmanaged
    {
        for (var i = 0; i < length; i++)
        {
            for (var c = 0; c < width; c += TLanes.Count) TLanes.Store(LoadOf(rows + i * stride + c), target + i * width + c);
        }
    }

    /// <summary>The other way round.</summary>
    private static void Store<T>(float* source, int length, int width, T* rows, long stride) where T : unmanaged
    {
        for (var i = 0; i < length; i++)
        {
            for (var c = 0; c < width; c += TLanes.Count) StoreAs(TLanes.Load(source + i * width + c), rows + i * stride + c);
        }
    }

    private static void Scale(float* values, int count, float factor)
    {
        for (var at = 0; at < count; at += TLanes.Count) TLanes.Store(TLanes.Multiply(TLanes.Load(values + at), TLanes.Create(factor)), values + at);
    }

    /// <summary>Rotary embedding of every row by its position, or its inverse, which is also its gradient.</summary>
    private static void Rotate(float* rows, int length, int width, float[]? cos, float[]? sin, bool backwards)
    {
        if (cos is null || sin is null) return;
        var half = width / 2;
        fixed (float* cosines = cos, sines = sin)
        {
            for (var i = 0; i < length; i++)
            {
                for (var c = 0; c < half; c += TLanes.Count)
                {
                    var first = rows + i * width + c;
                    var (a, b) = (TLanes.Load(first), TLanes.Load(first + half));
                    var cosine = TLanes.Load(cosines + i * half + c);
                    var sine = TLanes.Load(sines + i * half + c);
                    if (backwards) sine = TLanes.Subtract(default, sine);
                    TLanes.Store(TLanes.Subtract(TLanes.Multiply(a, cosine), TLanes.Multiply(b, sine)), first);
                    TLanes.Store(TLanes.Add(TLanes.Multiply(b, cosine), TLanes.Multiply(a, sine)), first + half);
                }
            }
        }
    }

    /// <summary>[length, width] to [width, padded]; the padding columns are left alone.</summary>
    private static void Transpose(float* rows, int length, int width, float* transposed, int padded)
    {
        for (var i = 0; i < length; i++)
        {
            for (var k = 0; k < width; k++) transposed[k * padded + i] = rows[i * width + k];
        }
    }

    /// <summary>Softmax of one row of scores over the positions from <paramref name="from"/> to before <paramref name="end"/>, of which there is one at least; zero elsewhere.</summary>
    private static void Softmax(float* row, int padded, int from, int end)
    {
        var highest = TLanes.Create(float.NegativeInfinity);
        for (var c = 0; c < padded; c += TLanes.Count)
        {
            var scores = TLanes.Mask(TLanes.Load(row + c), c, from, end);
            TLanes.Store(scores, row + c);
            highest = TLanes.Max(highest, scores);
        }

        var max = TLanes.Create(TLanes.Highest(highest));
        TVector sum = default;
        for (var c = 0; c < padded; c += TLanes.Count)
        {
            var e = TLanes.Exp(TLanes.Subtract(TLanes.Load(row + c), max));
            TLanes.Store(e, row + c);
            sum = TLanes.Add(sum, e);
        }

        Scale(row, padded, 1 / TLanes.Sum(sum));
    }

    /// <summary>Gradient of one row of scores, in place of that of the probabilities.</summary>
    private static void SoftmaxGradient(float* probability, float* gradient, int padded)
    {
        TVector mean = default;
        for (var c = 0; c < padded; c += TLanes.Count) mean = TLanes.MultiplyAdd(TLanes.Load(probability + c), TLanes.Load(gradient + c), mean);
        var offset = TLanes.Create(TLanes.Sum(mean));
        for (var c = 0; c < padded; c += TLanes.Count)
        {
            TLanes.Store(TLanes.Multiply(TLanes.Load(probability + c), TLanes.Subtract(TLanes.Load(gradient + c), offset)), gradient + c);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector LoadOf<T>(T* at) where T : unmanaged => typeof(T) == typeof(float) ? TLanes.Load((float*)at) : TLanes.Widen((ushort*)at);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreAs<T>(TVector value, T* at) where T : unmanaged
    {
        if (typeof(T) == typeof(float)) TLanes.Store(value, (float*)at);
        else TLanes.Narrow(value, (ushort*)at);
    }
}
