using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Unmask.Engine.Models.Common;

/// <summary>
/// Attention of one head over one short sequence, forward and backward, in float32 registers. L tokens, K head width; rows of the
/// score matrix are padded to P, a multiple of 16. Nothing but the inputs is kept for the backward pass: probabilities are cheap to make again.
/// </summary>
/// <remarks>One instance serves one thread; its buffers are reused from head to head.</remarks>
internal sealed unsafe class ShortAttentionKernel(int length, int headWidth, float[]? cos, float[]? sin, int? window)
{
    private const int Lanes = 16;

    private readonly int _padded = (length + Lanes - 1) / Lanes * Lanes;
    private readonly float _scale = (float)(1 / Math.Sqrt(headWidth));
    private readonly float[] _q = new float[length * headWidth];
    private readonly float[] _k = new float[length * headWidth];
    private readonly float[] _v = new float[length * headWidth];
    private readonly float[] _transposed = new float[headWidth * ((length + Lanes - 1) / Lanes * Lanes)];
    private readonly float[] _probability = new float[length * ((length + Lanes - 1) / Lanes * Lanes)];
    private readonly float[] _gradient = new float[length * headWidth];
    private readonly float[] _dq = new float[length * headWidth];
    private readonly float[] _dk = new float[length * headWidth];
    private readonly float[] _dv = new float[length * headWidth];

    /// <summary>Context rows of this head. Row pointers are to the first token; strides are in elements from token to token.</summary>
    public void Forward<T>(T* q, T* k, T* v, long stride, T* context, long contextStride) where T : unmanaged
    {
        Prepare(q, k, v, stride);
        for (var i = 0; i < length; i++)
        {
            fixed (float* p = &_probability[i * _padded], values = _v)
            {
                for (var c = 0; c < headWidth; c += Lanes)
                {
                    var sum = Vector512<float>.Zero;
                    for (var j = 0; j < length; j++) sum = Vector512.FusedMultiplyAdd(Vector512.Create(p[j]), Vector512.Load(values + j * headWidth + c), sum);
                    Narrow(sum, context + i * contextStride + c);
                }
            }
        }
    }

    /// <summary>Gradients of queries, keys and values from the gradient of the context. Layouts as in <see cref="Forward"/>.</summary>
    public void Backward<T>(T* q, T* k, T* v, long stride, T* contextGradient, long contextStride, T* dq, T* dk, T* dv, long gradientStride) where T : unmanaged
    {
        Prepare(q, k, v, stride);
        Load(contextGradient, contextStride, _gradient);
        Transpose(_v);
        Array.Clear(_dk);
        Array.Clear(_dv);
        fixed (float* gradient = _gradient, qs = _q, ks = _k, dqs = _dq, dks = _dk, dvs = _dv, transposed = _transposed, probability = _probability)
        {
            var score = stackalloc float[_padded];
            for (var i = 0; i < length; i++)
            {
                var p = probability + i * _padded;
                var g = gradient + i * headWidth;
                RowTimesTransposed(g, transposed, score);
                var mean = Vector512<float>.Zero;
                for (var c = 0; c < _padded; c += Lanes) mean = Vector512.FusedMultiplyAdd(Vector512.Load(p + c), Vector512.Load(score + c), mean);
                var offset = Vector512.Create(Vector512.Sum(mean));
                for (var c = 0; c < _padded; c += Lanes) (Vector512.Load(p + c) * (Vector512.Load(score + c) - offset)).Store(score + c);

                for (var c = 0; c < headWidth; c += Lanes)
                {
                    var gc = Vector512.Load(g + c);
                    var qc = Vector512.Load(qs + i * headWidth + c);
                    var sum = Vector512<float>.Zero;
                    for (var j = 0; j < length; j++)
                    {
                        var at = j * headWidth + c;
                        var s = Vector512.Create(score[j]);
                        sum = Vector512.FusedMultiplyAdd(s, Vector512.Load(ks + at), sum);
                        Vector512.FusedMultiplyAdd(s, qc, Vector512.Load(dks + at)).Store(dks + at);
                        Vector512.FusedMultiplyAdd(Vector512.Create(p[j]), gc, Vector512.Load(dvs + at)).Store(dvs + at);
                    }

                    // Queries were scaled before the product.
                    (sum * _scale).Store(dqs + i * headWidth + c);
                }
            }
        }

        Rotate(_dq, backwards: true);
        Rotate(_dk, backwards: true);
        Store(_dq, dq, gradientStride);
        Store(_dk, dk, gradientStride);
        Store(_dv, dv, gradientStride);
    }

    /// <summary>Loads and rotates, scales the queries, and fills the probabilities.</summary>
    private void Prepare<T>(T* q, T* k, T* v, long stride) where T : unmanaged
    {
        Load(q, stride, _q);
        Load(k, stride, _k);
        Load(v, stride, _v);
        Rotate(_q, backwards: false);
        Rotate(_k, backwards: false);
        Transpose(_k);
        fixed (float* queries = _q, transposed = _transposed, probability = _probability)
        {
            for (var at = 0; at < _q.Length; at += Lanes) (Vector512.Load(queries + at) * _scale).Store(queries + at);
            for (var i = 0; i < length; i++)
            {
                var row = probability + i * _padded;
                RowTimesTransposed(queries + i * headWidth, transposed, row);
                Softmax(row, i);
            }
        }
    }

    /// <summary>[K] times [K, P] to [P].</summary>
    private void RowTimesTransposed(float* row, float* transposed, float* result)
    {
        for (var c = 0; c < _padded; c += Lanes)
        {
            var sum = Vector512<float>.Zero;
            for (var k = 0; k < headWidth; k++) sum = Vector512.FusedMultiplyAdd(Vector512.Create(row[k]), Vector512.Load(transposed + k * _padded + c), sum);
            sum.Store(result + c);
        }
    }

    private void Softmax(float* row, int i)
    {
        var infinity = Vector512.Create(float.NegativeInfinity);
        var highest = infinity;
        for (var c = 0; c < _padded; c += Lanes)
        {
            var j = Vector512.Create(c) + Vector512<int>.Indices;
            var hidden = Vector512.GreaterThanOrEqual(j, Vector512.Create(length));
            if (window is { } w) hidden |= Vector512.GreaterThan(Vector512.Abs(j - Vector512.Create(i)), Vector512.Create(w));
            var scores = Vector512.ConditionalSelect(hidden.AsSingle(), infinity, Vector512.Load(row + c));
            scores.Store(row + c);
            highest = Vector512.Max(highest, scores);
        }

        // A token always sees itself, so the maximum is finite.
        var max = float.NegativeInfinity;
        for (var lane = 0; lane < Lanes; lane++) max = MathF.Max(max, highest[lane]);
        var sum = Vector512<float>.Zero;
        for (var c = 0; c < _padded; c += Lanes)
        {
            var e = Vector512.Exp(Vector512.Load(row + c) - Vector512.Create(max));
            e.Store(row + c);
            sum += e;
        }

        var factor = Vector512.Create(1 / Vector512.Sum(sum));
        for (var c = 0; c < _padded; c += Lanes) (Vector512.Load(row + c) * factor).Store(row + c);
    }

    /// <summary>Rotary embedding of every row by its position, or its inverse, which is also its gradient.</summary>
    private void Rotate(float[] rows, bool backwards)
    {
        if (cos is null || sin is null) return;
        var half = headWidth / 2;
        fixed (float* x = rows, cosines = cos, sines = sin)
        {
            for (var i = 0; i < length; i++)
            {
                for (var c = 0; c < half; c += Lanes)
                {
                    var first = x + i * headWidth + c;
                    var (a, b) = (Vector512.Load(first), Vector512.Load(first + half));
                    var cosine = Vector512.Load(cosines + i * half + c);
                    var sine = Vector512.Load(sines + i * half + c);
                    if (backwards) sine = -sine;
                    (a * cosine - b * sine).Store(first);
                    (b * cosine + a * sine).Store(first + half);
                }
            }
        }
    }

    /// <summary>[L, K] to [K, P]; the padding columns stay zero.</summary>
    private void Transpose(float[] rows)
    {
        for (var i = 0; i < length; i++)
        {
            for (var k = 0; k < headWidth; k++) _transposed[k * _padded + i] = rows[i * headWidth + k];
        }
    }

    private void Load<T>(T* rows, long stride, float[] target) where T : unmanaged
    {
        fixed (float* to = target)
        {
            for (var i = 0; i < length; i++)
            {
                for (var c = 0; c < headWidth; c += Lanes) Widen(rows + i * stride + c).Store(to + i * headWidth + c);
            }
        }
    }

    private void Store<T>(float[] source, T* rows, long stride) where T : unmanaged
    {
        fixed (float* from = source)
        {
            for (var i = 0; i < length; i++)
            {
                for (var c = 0; c < headWidth; c += Lanes) Narrow(Vector512.Load(from + i * headWidth + c), rows + i * stride + c);
            }
        }
    }

    /// <summary>16 numbers as float32. <typeparamref name="T"/> is float, or ushort for the bits of bfloat16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Widen<T>(T* at) where T : unmanaged
    {
        if (typeof(T) == typeof(float)) return Vector512.Load((float*)at);
        var (low, high) = Vector256.Widen(Vector256.Load((ushort*)at));
        return (Vector512.Create(low, high) << 16).AsSingle();
    }

    /// <summary>Writes 16 numbers, rounded to nearest even where they are bfloat16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Narrow<T>(Vector512<float> value, T* at) where T : unmanaged
    {
        if (typeof(T) == typeof(float))
        {
            value.Store((float*)at);
            return;
        }

        var bits = value.AsUInt32();
        var rounded = (bits + Vector512.Create(0x7fffu) + ((bits >> 16) & Vector512<uint>.One)) >> 16;
        Vector256.Narrow(rounded.GetLower(), rounded.GetUpper()).Store((ushort*)at);
    }
}
