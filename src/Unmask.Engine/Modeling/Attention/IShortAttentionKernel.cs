namespace Unmask.Engine.Modeling.Attention;

/// <summary>Attention of one head over one short sequence. Row pointers are to the first token; strides are in elements from token to token.</summary>
/// <remarks>Numbers are float, or ushort for the bits of bfloat16. One instance serves one thread.</remarks>
internal unsafe interface IShortAttentionKernel
{
    /// <summary>Context rows of this head.</summary>
    void Forward<T>(T* q, T* k, T* v, long stride, T* context, long contextStride) where T : unmanaged;

    /// <summary>Gradients of queries, keys and values from the gradient of the context.</summary>
    void Backward<T>(T* q, T* k, T* v, long stride, T* contextGradient, long contextStride, T* dq, T* dk, T* dv, long gradientStride) where T : unmanaged;
}
