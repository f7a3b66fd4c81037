using Unmask.Engine.Tensors;

namespace Unmask.Engine.Modeling.Attention;

/// <summary>
/// Attention of one head over one short sequence, forward and backward, in float32 registers. L tokens, K head width; rows of the score
/// matrix are padded to P, a multiple of the lanes. Nothing but the inputs is kept for the backward pass: probabilities are cheap to make again.
/// </summary>
/// <remarks>Its buffers are reused from head to head. They have rows to spare, which no other row depends on, to fill the last tile of a product.</remarks>
internal sealed unsafe partial class ShortAttentionKernel<TLanes, TVector> : IShortAttentionKernel where TLanes : struct, ILanes<TVector> where TVector : unmanaged
{
    private readonly int _length;
    private readonly int _headWidth;
    private readonly int _padded;
    private readonly int? _window;
    private readonly float[]? _cos;
    private readonly float[]? _sin;
    private readonly float[] _q;
    private readonly float[] _k;
    private readonly float[] _v;
    private readonly float[] _transposed;
    private readonly float[] _probability;
    private readonly float[] _score;
    private readonly float[] _contextGradient;
    private readonly float[] _dq;
    private readonly float[] _dk;
    private readonly float[] _dv;

    /// <summary>For sequences of that length; a window leaves out what is farther away, and cosines and sines [L, K / 2] rotate queries and keys.</summary>
    public ShortAttentionKernel(int length, int headWidth, float[]? cos, float[]? sin, int? window)
    {
        (_length, _headWidth, _window, _cos, _sin) = (length, headWidth, window, cos, sin);
        _padded = RoundUp(length, TLanes.Count);
        _transposed = new float[headWidth * _padded];
        var rows = RoundUp(length, Tile);
        (_probability, _score) = (new float[rows * _padded], new float[rows * _padded]);
        (_q, _k, _v, _contextGradient) = (new float[rows * headWidth], new float[rows * headWidth], new float[rows * headWidth], new float[rows * headWidth]);
        (_dq, _dk, _dv) = (new float[rows * headWidth], new float[rows * headWidth], new float[rows * headWidth]);
    }

    public void Forward<T>(T* q, T* k, T* v, long stride, T* context, long contextStride) where T : unmanaged
    {
        Prepare(q, k, v, stride);
        // The gradient of the queries is not needed here, so its buffer serves.
        fixed (float* probability = _probability, values = _v, result = _dq)
        {
            Multiply(probability, _padded, _length, _length, values, _headWidth, result);
            Store(result, _length, _headWidth, context, contextStride);
        }
    }

    public void Backward<T>(T* q, T* k, T* v, long stride, T* contextGradient, long contextStride, T* dq, T* dk, T* dv, long gradientStride) where T : unmanaged
    {
        Prepare(q, k, v, stride);
        fixed (float* queries = _q, keys = _k, values = _v, transposed = _transposed, probability = _probability, score = _score, gradient = _contextGradient)
        fixed (float* dQueries = _dq, dKeys = _dk, dValues = _dv)
        {
            Load(contextGradient, contextStride, _length, _headWidth, gradient);
            Transpose(values, _length, _headWidth, transposed, _padded);
            Multiply(gradient, _headWidth, _length, _headWidth, transposed, _padded, score);
            for (var i = 0; i < _length; i++) SoftmaxGradient(probability + i * _padded, score + i * _padded, _padded);
            Gradients(_length, _headWidth, _padded, score, probability, queries, keys, gradient, dQueries, dKeys, dValues);

            // Queries were scaled before the product.
            Scale(dQueries, _length * _headWidth, QueryScale);
            Rotate(dQueries, _length, _headWidth, _cos, _sin, backwards: true);
            Rotate(dKeys, _length, _headWidth, _cos, _sin, backwards: true);
            Store(dQueries, _length, _headWidth, dq, gradientStride);
            Store(dKeys, _length, _headWidth, dk, gradientStride);
            Store(dValues, _length, _headWidth, dv, gradientStride);
        }
    }

    private float QueryScale => (float)(1 / Math.Sqrt(_headWidth));

    /// <summary>Loads and rotates, scales the queries, and fills the probabilities.</summary>
    private void Prepare<T>(T* q, T* k, T* v, long stride) where T : unmanaged
    {
        fixed (float* queries = _q, keys = _k, values = _v, transposed = _transposed, probability = _probability)
        {
            Load(q, stride, _length, _headWidth, queries);
            Load(k, stride, _length, _headWidth, keys);
            Load(v, stride, _length, _headWidth, values);
            Rotate(queries, _length, _headWidth, _cos, _sin, backwards: false);
            Rotate(keys, _length, _headWidth, _cos, _sin, backwards: false);
            Scale(queries, _length * _headWidth, QueryScale);
            Transpose(keys, _length, _headWidth, transposed, _padded);
            Multiply(queries, _headWidth, _length, _headWidth, transposed, _padded, probability);
            for (var i = 0; i < _length; i++)
            {
                // A token always sees itself, so no row is empty.
                var reach = Math.Min(_window ?? _length, _length);
                Softmax(probability + i * _padded, _padded, Math.Max(0, i - reach), Math.Min(_length, i + reach + 1));
            }
        }
    }

    private static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;
}
