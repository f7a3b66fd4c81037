using static TorchSharp.torch;

namespace Unmask.Engine.Collectives;

/// <summary>A run of one process: there is nobody to add to.</summary>
public sealed class SingleProcess : ICollectives
{
    public static SingleProcess Instance { get; } = new();

    public int Rank => 0;

    public int Size => 1;

    public string Name => "one process";

    public void Sum(Tensor values, int? root = null)
    {
    }

    public void Broadcast(Tensor values, int root)
    {
    }

    public byte[][] Gather(byte[] part) => [part];

    public void Barrier()
    {
    }

    public void Dispose()
    {
    }
}
