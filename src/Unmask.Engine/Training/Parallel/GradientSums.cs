using System.Runtime.InteropServices;
using Unmask.Engine.Collectives;
using Unmask.Engine.Modeling.Blocks;
using Unmask.Engine.Tensors;

using static TorchSharp.torch;

namespace Unmask.Engine.Training.Parallel;

/// <summary>How gradients are kept and added up.</summary>
/// <param name="Ranks">The processes that compute parts of a step.</param>
/// <param name="Exact">Whether sums are the same to the bit in any order (<see cref="ExactSum"/>).</param>
/// <param name="Sharded">Whether each process keeps only the sums of the weights that it updates (ZeRO stage 2).</param>
public sealed record GradientSharing(ICollectives Ranks, bool Exact = false, bool Sharded = false)
{
    /// <summary>One process that keeps all gradients.</summary>
    public static GradientSharing None { get; } = new(SingleProcess.Instance);
}

/// <summary>
/// The gradients of a step: over its parts, and over the processes. Float32 gradients add up where autograd leaves them as long as nothing else is asked for; those of less
/// precision are added in float32, so that many small ones do not round away.
/// </summary>
/// <param name="parameters">What is trained.</param>
/// <param name="shards">Who updates what.</param>
/// <param name="sharing">How they are kept.</param>
public sealed class GradientSums(IReadOnlyList<NamedParameter> parameters, WeightShards shards, GradientSharing sharing) : IDisposable
{
    /// <summary>Small gradients travel together, up to so many elements.</summary>
    private const long BucketElements = 1 << 20;

    private readonly ICollectives ranks = sharing.Ranks;
    private readonly ILookup<int, (WeightRange Range, int Owner)> rangesOf = shards.All().ToLookup(pair => pair.Range.Parameter);

    // Sums so far: of the whole parameter, or of the range that this process owns; null where autograd's own gradient is the sum, or there is none.
    private readonly Tensor?[] sums = new Tensor?[parameters.Count];
    private readonly bool[] touched = new bool[parameters.Count];

    private bool InPlace => !sharing.Exact && !sharing.Sharded;

    /// <summary>Whether <see cref="Add"/> must be called after every part, and as often in every process: a part that a process does not have counts too.</summary>
    public bool TakesEveryPart => sharing.Exact || sharing.Sharded;

    /// <summary>Which parameters have got a gradient here, a bit each.</summary>
    public byte[] Touched
    {
        get
        {
            var bits = new byte[(parameters.Count + 7) / 8];
            for (var i = 0; i < parameters.Count; i++)
            {
                if (touched[i] || parameters[i].Value.grad is not null) bits[i / 8] |= (byte)(1 << (i % 8));
            }

            return bits;
        }
    }

    /// <summary>Whether a gradient was too large to be summed exactly, or not finite.</summary>
    public bool Overflowed { get; private set; }

    /// <summary>Takes over the gradients that a backward pass has left, beside what there is.</summary>
    public void Add()
    {
        using var noGrad = no_grad();
        for (var i = 0; i < parameters.Count; i++)
        {
            var parameter = parameters[i].Value;
            if (InPlace && parameter.dtype == ScalarType.Float32) continue;
            using var scope = NewDisposeScope();
            var gradient = parameter.grad;
            touched[i] |= gradient is not null;
            if (sharing.Sharded) AddOwned(i, gradient);
            else if (gradient is not null) AddWhole(i, gradient);
            parameter.grad = null;
        }
    }

    /// <summary>Adds up over the processes.</summary>
    /// <param name="anywhere">Bits of the parameters that have a gradient in some process; the others have none.</param>
    public void Complete(byte[] anywhere)
    {
        using var noGrad = no_grad();
        bool Has(int i) => (anywhere[i / 8] & (1 << (i % 8))) != 0;
        if (!sharing.Sharded && ranks.Size > 1) SumOverRanks([.. Enumerable.Range(0, parameters.Count).Where(Has)]);
        for (var i = 0; i < parameters.Count; i++)
        {
            if (!Has(i)) Drop(i);
            else if (sharing.Exact && sums[i] is { } exact) Replace(i, Floats(exact));
        }
    }

    /// <summary>The summed gradient of a range that this process updates, flat; null where there is none.</summary>
    public Tensor? Of(WeightRange range)
    {
        if (sums[range.Parameter] is not { } sum) return parameters[range.Parameter].Value.grad is { } own ? range.Of(own) : null;
        return sharing.Sharded ? sum : range.Of(sum);
    }

    /// <summary>Euclidean norm over all parameters: pieces in float32, their squares in float64, always in the same order.</summary>
    public double Norm()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        // What is divided is measured where it is; whole gradients every process measures for itself.
        var pieces = (sharing.Sharded ? shards.OwnedBy(ranks.Rank).SelectMany(Cut) : WeightShards.Pieces(parameters)).Select(Of).OfType<Tensor>().ToArray();
        // Host sync: the norm decides about clipping and whether the step may be taken at all.
        var norms = pieces.Length == 0 ? [] : TorchScriptOperators.Norms(pieces).cpu().data<float>().ToArray();
        if (sharing.Sharded) norms = [.. ranks.Gather(MemoryMarshal.AsBytes(norms.AsSpan()).ToArray()).SelectMany(static part => MemoryMarshal.Cast<byte, float>(part).ToArray())];
        return Math.Sqrt(norms.Sum(norm => (double)norm * norm));
    }

    /// <summary>Forgets the gradient of a parameter.</summary>
    public void Drop(int parameter)
    {
        parameters[parameter].Value.grad = null;
        Replace(parameter, null);
        touched[parameter] = false;
    }

    /// <summary>Forgets all gradients.</summary>
    public void Drop()
    {
        for (var i = 0; i < parameters.Count; i++) Drop(i);
        Overflowed = false;
    }

    public void Dispose() => Drop();

    private static IEnumerable<WeightRange> Cut(WeightRange range)
    {
        for (long at = 0; at < range.Count; at += WeightShards.PieceElements) yield return range with { From = range.From + at, Count = Math.Min(WeightShards.PieceElements, range.Count - at) };
    }

    private void AddWhole(int i, Tensor gradient)
    {
        sums[i] ??= zeros(gradient.shape, sharing.Exact ? ScalarType.Int64 : ScalarType.Float32, gradient.device).DetachFromDisposeScope();
        AddTo(sums[i]!.view(-1), gradient.reshape(-1));
    }

    /// <summary>Piece by piece, so that no wide copy of a whole gradient is ever there.</summary>
    private void AddTo(Tensor sum_E, Tensor gradient_E)
    {
        for (long at = 0; at < sum_E.numel(); at += WeightShards.PieceElements)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(WeightShards.PieceElements, sum_E.numel() - at);
            sum_E.narrow(0, at, count).add_(Term(gradient_E.narrow(0, at, count)));
        }
    }

    private Tensor Term(Tensor gradient)
    {
        if (!sharing.Exact) return gradient.to(ScalarType.Float32);
        // Host sync, on the slow and exact way only.
        if (!(gradient.abs().max().to(ScalarType.Float32).item<float>() <= ExactSum.Largest))
        {
            Overflowed = true;
            return zeros_like(gradient, ScalarType.Int64);
        }

        return ExactSum.Rounded(gradient);
    }

    /// <summary>Sends every range to its owner, who adds it to its sums.</summary>
    private void AddOwned(int i, Tensor? gradient)
    {
        foreach (var (range, owner) in rangesOf[i])
        {
            using var scope = NewDisposeScope();
            for (long at = 0; at < range.Count; at += WeightShards.PieceElements)
            {
                using var piece = NewDisposeScope();
                var count = Math.Min(WeightShards.PieceElements, range.Count - at);
                var device = parameters[i].Value.device;
                var term = gradient is null
                    ? zeros(count, sharing.Exact ? ScalarType.Int64 : ScalarType.Float32, device)
                    : Term(gradient.reshape(-1).narrow(0, range.From + at, count));
                if (!sharing.Exact && gradient is { dtype: ScalarType.Float32 }) term = term.clone();
                ranks.Sum(term, owner);
                if (owner != ranks.Rank) continue;
                sums[i] ??= zeros(range.Count, term.dtype, device).DetachFromDisposeScope();
                sums[i]!.narrow(0, at, count).add_(term);
            }
        }
    }

    private void SumOverRanks(int[] present)
    {
        var bucket = new List<Tensor>();
        long held = 0;
        void Send()
        {
            if (bucket.Count == 0) return;
            using var scope = NewDisposeScope();
            var joined = bucket.Count == 1 ? bucket[0] : cat([.. bucket.Select(tensor => tensor)], 0);
            ranks.Sum(joined);
            long at = 0;
            foreach (var tensor in bucket.Where(_ => bucket.Count > 1))
            {
                tensor.copy_(joined.narrow(0, at, tensor.numel()));
                at += tensor.numel();
            }

            bucket.Clear();
            held = 0;
        }

        using var outer = NewDisposeScope();
        foreach (var i in present)
        {
            var sum = Summed(i).view(-1);
            if (held + sum.numel() > BucketElements) Send();
            bucket.Add(sum);
            held += sum.numel();
        }

        Send();
    }

    /// <summary>The sum of this process, of a type that is added over processes.</summary>
    private Tensor Summed(int i)
    {
        var parameter = parameters[i].Value;
        if (sums[i] is { } sum) return sum;
        if (InPlace && parameter.dtype == ScalarType.Float32)
        {
            if (parameter.grad is null) parameter.grad = zeros_like(parameter);
            if (parameter.grad is { } own && own.is_contiguous()) return own;
        }

        sums[i] = zeros(parameter.shape, sharing.Exact ? ScalarType.Int64 : ScalarType.Float32, parameter.device).DetachFromDisposeScope();
        if (parameter.grad is { } gradient) AddTo(sums[i]!.view(-1), gradient.reshape(-1));
        parameter.grad = null;
        return sums[i]!;
    }

    private static Tensor Floats(Tensor exact)
    {
        var result = empty(exact.shape, ScalarType.Float32, exact.device).DetachFromDisposeScope();
        var (from, to) = (exact.view(-1), result.view(-1));
        for (long at = 0; at < from.numel(); at += WeightShards.PieceElements)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(WeightShards.PieceElements, from.numel() - at);
            to.narrow(0, at, count).copy_(ExactSum.Restored(from.narrow(0, at, count)));
        }

        return result;
    }

    private void Replace(int i, Tensor? with)
    {
        sums[i]?.Dispose();
        sums[i] = with;
    }
}
