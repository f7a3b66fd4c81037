using System.Diagnostics;
using System.Runtime.InteropServices;
using Unmask.Engine.Collectives;
using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Architectures;
using Unmask.Engine.Runtime;
using Unmask.Engine.Tensors;
using Unmask.Engine.Training;
using Unmask.Engine.Training.Optimization;
using Unmask.Engine.Training.Parallel;

using static TorchSharp.torch;

namespace Unmask.Engine.Benchmarks;

/// <summary>How long a sum over the processes takes.</summary>
/// <param name="Megabytes">Size of the sum, in MiB.</param>
/// <param name="Dtype">Its type.</param>
/// <param name="Milliseconds">Median.</param>
/// <param name="GigabytesPerSecond">Its bytes by this time.</param>
public sealed record SumTiming(long Megabytes, string Dtype, double Milliseconds, double GigabytesPerSecond);

/// <summary>One process and several, a thread each, each with as many rows of its own (weak scaling); medians over pairs that take turns.</summary>
/// <param name="Collectives">What moved the data.</param>
/// <param name="Tokens">Tokens of a step in one process.</param>
/// <param name="AloneSeconds">A step of one process, while the others sleep.</param>
/// <param name="TogetherSeconds">A step of all.</param>
/// <param name="SummingSeconds">Of this, adding up and handing out.</param>
/// <param name="WaitingSeconds">Of this, waiting for the slowest.</param>
/// <param name="ProductAlone">GFLOP/s of matrix products in one process, while the others sleep.</param>
/// <param name="ProductTogether">GFLOP/s of matrix products in all of them at once, added up.</param>
/// <param name="Sums">Sums by size.</param>
public sealed record DistributedTiming(
    string Collectives, int Tokens, double AloneSeconds, double TogetherSeconds, double SummingSeconds, double WaitingSeconds,
    double ProductAlone, double ProductTogether, IReadOnlyList<SumTiming> Sums);

/// <summary>Times the training step of one process and of several, in each of the processes.</summary>
public static class DistributedBenchmark
{
    private const double ProductSeconds = 0.5;
    private const int SumRepetitions = 7;
    private static readonly (long Megabytes, ScalarType Dtype)[] sums = [(1, ScalarType.Float32), (8, ScalarType.Float32), (32, ScalarType.Float32), (128, ScalarType.Float32), (64, ScalarType.BFloat16)];

    /// <summary>Does the part of this process.</summary>
    /// <param name="group">The processes.</param>
    /// <param name="shape">The model, and the rows of each process.</param>
    /// <param name="dtype">Type of the weights.</param>
    /// <param name="pairs">How often one and all take turns, after one turn each that warms up.</param>
    /// <returns>In the first process, what was measured; null in the others.</returns>
    public static DistributedTiming? Run(RankGroup group, BenchmarkShape shape, ScalarType dtype, int pairs)
    {
        UnmaskRuntime.Start();
        set_num_threads(1);
        var config = ModelCatalog.For(shape.Config, shape.Name).ReadConfig(new ConfigReader(shape.Config, shape.Name));
        using var model = config.Build(StepBenchmark.RandomParameters(config, dtype));
        model.ActivationCheckpointing = true;
        var ranks = new TimedCollectives(group.Collectives);
        using var together = new AdamW(model.Parameters, new AdamWOptions(), new GradientSharing(ranks));
        using var alone = group.IsFirst ? new AdamW(model.Parameters, new AdamWOptions()) : null;
        // Each process its own tokens, of the same lengths and with as many masked.
        var noised = StepBenchmark.Noise.Apply(StepBenchmark.RandomBatch(shape, config.VocabularySize, seed: 11 + group.Rank), seed: 7, epoch: 0);
        var parts = WeightedBatch.Group([noised], Core.Parameters.LossNorm.Token).Select(part => part with { FirstRow = group.Rank * shape.Rows }).ToArray();
        var (stepTogether, stepAlone) = (new TrainingStep(model, together, maxGradNorm: 1, ranks), alone is null ? null : new TrainingStep(model, alone, maxGradNorm: 1));

        var (oneSeconds, allSeconds, summing, waiting, oneProduct, allProduct) = (new List<double>(), new List<double>(), new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var pair = 0; pair <= pairs; pair++)
        {
            double own = 0, product = 0;
            if (group.IsFirst)
            {
                product = MatrixProduct.MeanRate(dtype, ProductSeconds);
                own = Seconds(() => stepAlone!.Run(parts, 1e-5));
            }

            group.AfterFirst();
            group.Collectives.Barrier();
            var products = Gathered(group.Collectives, MatrixProduct.MeanRate(dtype, ProductSeconds));
            group.Collectives.Barrier();
            ranks.Forget();
            var all = Seconds(() => stepTogether.Run(parts, 1e-5));
            var (sumsOf, waits) = (Gathered(group.Collectives, ranks.Summing), Gathered(group.Collectives, ranks.Waiting));
            // The first turns warm up.
            if (pair == 0) continue;
            oneSeconds.Add(own);
            allSeconds.Add(all);
            summing.Add(sumsOf.Average());
            waiting.Add(waits.Average());
            oneProduct.Add(product);
            allProduct.Add(products.Sum());
        }

        var sizes = sums.Select(sum => TimeSum(group.Collectives, sum.Megabytes, sum.Dtype)).ToArray();
        return group.IsFirst
            ? new DistributedTiming(ranks.Name, shape.Lengths.Sum(), Median(oneSeconds), Median(allSeconds), Median(summing), Median(waiting), Median(oneProduct), Median(allProduct), sizes)
            : null;
    }

    private static SumTiming TimeSum(ICollectives ranks, long megabytes, ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        var values = zeros((megabytes << 20) / (dtype == ScalarType.Float32 ? 4 : 2), dtype);
        ranks.Sum(values);
        var seconds = Median([.. Enumerable.Range(0, SumRepetitions).Select(_ =>
        {
            ranks.Barrier();
            return Seconds(() => ranks.Sum(values));
        })]);
        return new SumTiming(megabytes, dtype == ScalarType.Float32 ? "float32" : "bfloat16", seconds * 1e3, (megabytes << 20) / seconds / 1e9);
    }

    private static double[] Gathered(ICollectives ranks, double value) => [.. ranks.Gather(BitConverter.GetBytes(value)).Select(bytes => MemoryMarshal.Read<double>(bytes))];

    private static double Seconds(Action run)
    {
        var started = Stopwatch.GetTimestamp();
        run();
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
