using System.Runtime.ExceptionServices;
using Unmask.Engine.Collectives;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Training.Distributed;

/// <summary>Ranks that are threads of this process: what they compute together can be looked at without a launcher. They add up in the order of their numbers.</summary>
internal sealed class ThreadRanks(int size) : IDisposable
{
    private readonly Barrier barrier = new(size);
    private readonly CancellationTokenSource broken = new();
    private readonly object?[] given = new object?[size];

    /// <summary>Does the work in every rank at once. The first failure is thrown; the others are let go.</summary>
    public static void Run(int size, Action<ICollectives> work)
    {
        using var ranks = new ThreadRanks(size);
        Exception? first = null;
        var threads = Enumerable.Range(0, size).Select(rank => new Thread(() =>
        {
            try
            {
                work(new Rank(ranks, rank, size));
            }
            catch (Exception failure)
            {
                if (failure is not OperationCanceledException) Interlocked.CompareExchange(ref first, failure, null);
                ranks.broken.Cancel();
            }
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        if (first is not null) ExceptionDispatchInfo.Throw(first);
    }

    public void Dispose()
    {
        barrier.Dispose();
        broken.Dispose();
    }

    private void Meet() => barrier.SignalAndWait(broken.Token);

    private sealed class Rank(ThreadRanks all, int rank, int size) : ICollectives
    {
        int ICollectives.Rank => rank;

        public int Size => size;

        public string Name => "threads";

        public void Sum(Tensor values, int? root = null)
        {
            Assert.True(values.is_contiguous());
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            all.given[rank] = values;
            all.Meet();
            var terms = all.given.Cast<Tensor>().ToArray();
            Assert.All(terms, term => Assert.Equal((values.numel(), values.dtype), (term.numel(), term.dtype)));
            var wide = values.dtype == ScalarType.BFloat16 ? ScalarType.Float32 : values.dtype;
            var sum = terms.Aggregate(zeros(values.shape, wide), (so, term) => so + term.detach().to(wide));
            all.Meet();
            // What the others hold after a sum for one of them is undefined; here it is rubbish.
            if (root is null || root == rank) values.detach().copy_(sum);
            else values.detach().fill_(-77);
            all.Meet();
        }

        public void Broadcast(Tensor values, int root)
        {
            Assert.True(values.is_contiguous());
            using var noGrad = no_grad();
            all.given[rank] = values;
            all.Meet();
            if (rank != root) values.detach().copy_(((Tensor)all.given[root]!).detach());
            all.Meet();
        }

        public byte[][] Gather(byte[] part)
        {
            all.given[rank] = part;
            all.Meet();
            var parts = all.given.Cast<byte[]>().ToArray();
            all.Meet();
            return parts;
        }

        public void Barrier() => all.Meet();

        public void Dispose()
        {
        }
    }
}
