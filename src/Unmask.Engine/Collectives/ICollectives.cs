using static TorchSharp.torch;

namespace Unmask.Engine.Collectives;

/// <summary>
/// What the processes of a run do together. Every process must make the same calls in the same order, from one thread; each call returns when this process
/// has what it is given.
/// </summary>
public interface ICollectives : IDisposable
{
    /// <summary>Number of this process, from 0.</summary>
    int Rank { get; }

    /// <summary>How many processes there are.</summary>
    int Size { get; }

    /// <summary>What moves the data, for a person: <c>Open MPI 4.1.4</c>.</summary>
    string Name { get; }

    /// <summary>Adds up, element by element, in place.</summary>
    /// <param name="values">Contiguous float32, bfloat16, float64 or int64, as many elements in every process. Bfloat16 is added in float32 and rounded.</param>
    /// <param name="root">The only process that gets the sum, what the others hold is undefined then; null for all of them.</param>
    void Sum(Tensor values, int? root = null);

    /// <summary>Gives every process what <paramref name="root"/> holds, in place.</summary>
    /// <param name="values">Contiguous, of any type.</param>
    /// <param name="root">Who has it.</param>
    void Broadcast(Tensor values, int root);

    /// <summary>Gives every process the bytes of all, by rank. They may differ in length.</summary>
    byte[][] Gather(byte[] part);

    /// <summary>Returns when all processes have called it.</summary>
    void Barrier();
}
