using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Quantization;

/// <summary>Memory on the host for one unpacked weight at a time, as large as the largest of those that share it. Lock it while a view is in use.</summary>
internal sealed class Nf4Scratch(ScalarType dtype) : IDisposable
{
    private long elements;
    private Tensor? memory;

    /// <summary>Type of the unpacked weights.</summary>
    public ScalarType Dtype => dtype;

    public void Reserve(long count) => elements = Math.Max(elements, count);

    public Tensor View(IReadOnlyList<long> shape)
    {
        if (memory is null || memory.numel() < elements)
        {
            memory?.Dispose();
            memory = empty(elements, dtype).DetachFromDisposeScope();
        }

        return memory.narrow(0, 0, shape.Aggregate(1L, (product, size) => product * size)).view([.. shape]);
    }

    public void Dispose() => memory?.Dispose();
}
