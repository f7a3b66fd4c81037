using System.Diagnostics;
using Unmask.Core.Parameters;
using Unmask.Engine.Data;
using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Architectures;
using Unmask.Engine.Modeling.Blocks;
using Unmask.Engine.Objectives.Mdlm;
using Unmask.Engine.Runtime;
using Unmask.Engine.Tensors;
using Unmask.Engine.Training;
using Unmask.Engine.Training.Optimization;
using Unmask.Engine.Training.State;

using static TorchSharp.torch;

namespace Unmask.Engine.Benchmarks;

/// <summary>Timings of one variant of the training step, measured in a process of its own so that peak memory means something.</summary>
/// <param name="Seconds">Wall time of each step after the warm-up.</param>
/// <param name="PeakMegabytes">Peak resident memory of the process.</param>
/// <param name="GemmGflops">Rate of a large matrix product of the same type, measured in the same process.</param>
/// <param name="Tokens">Tokens of a step.</param>
/// <param name="UsefulGflop">Arithmetic a step needs: matrix products of the body for every token, of the head for scored rows.</param>
/// <param name="Loss">Loss of the first step, the same for both variants.</param>
public sealed record StepTiming(double[] Seconds, double PeakMegabytes, double GemmGflops, int Tokens, double UsefulGflop, double Loss)
{
    public double MedianSeconds => Seconds.Order().ElementAt(Seconds.Length / 2);
}

/// <summary>Times a training step of a published shape with random weights and random tokens.</summary>
public static class StepBenchmark
{
    /// <summary>The same masks at every step and for all tokens: half of them on average, as times are spread evenly over the rows.</summary>
    internal static Corruption Noise { get; } = new(new CorruptionOptions { MaskSampling = MaskSampling.FixedCount, TimeSampling = TimeSampling.Stratified }, maskId: 103);

    /// <summary>Runs <paramref name="steps"/> steps after one that warms up.</summary>
    /// <param name="plain">The plain way (<see cref="PlainStep"/>) instead of ours.</param>
    /// <param name="checkpointing">Whether our step keeps the activations of one layer at a time.</param>
    public static StepTiming Run(BenchmarkShape shape, ScalarType dtype, bool plain, bool checkpointing, int steps)
    {
        UnmaskRuntime.Start();
        var config = ModelCatalog.For(shape.Config, shape.Name).ReadConfig(new ConfigReader(shape.Config, shape.Name));
        using var model = config.Build(RandomParameters(config, dtype));
        model.ActivationCheckpointing = checkpointing && !plain;
        using var optimizer = plain ? null : new AdamW(model.Parameters, new AdamWOptions());
        using var plainStep = plain ? new PlainStep(model, 1e-5) : null;
        var step = plain ? null : new TrainingStep(model, optimizer!, maxGradNorm: 1);

        var gemm = MatrixProduct.Rate(dtype, seconds: 1);
        var seconds = new List<double>();
        double? firstLoss = null;
        long scored = 0;
        for (var i = 0; i <= steps; i++)
        {
            var noised = Noise.Apply(RandomBatch(shape, config.VocabularySize, seed: 11), seed: 7, epoch: 0);
            scored = noised.ScoredPositions.Length;
            var group = WeightedBatch.Group([noised], LossNorm.Token);
            var clock = Stopwatch.StartNew();
            var loss = plain ? plainStep!.Run(noised, group[0].ScoredWeights) : step!.Run(group, 1e-5).Loss.Loss;
            if (i > 0) seconds.Add(clock.Elapsed.TotalSeconds);
            firstLoss ??= loss;
        }

        return new StepTiming([.. seconds], ProcessMemory.PeakBytes() / 1e6, gemm, shape.Lengths.Sum(), UsefulFlop(config, shape, scored) / 1e9, firstLoss!.Value);
    }

    internal static ParameterSet RandomParameters(ModelConfig config, ScalarType dtype)
    {
        var parameters = ParameterSet.Allocate(config.Parameters, CPU, dtype);
        foreach (var (spec, parameter) in config.Parameters.Zip(parameters.All)) spec.Initialization.Fill(parameter.Value, spec.Name, seed: 1);
        return parameters;
    }

    internal static Batch RandomBatch(BenchmarkShape shape, int vocabulary, int seed)
    {
        var random = new Random(seed);
        var ids = new int[shape.Rows * shape.Length];
        var labels = new int[ids.Length];
        for (var i = 0; i < ids.Length; i++)
        {
            var padding = i % shape.Length >= shape.Lengths[i / shape.Length];
            ids[i] = padding ? 0 : random.Next(1000, vocabulary - 100);
            labels[i] = padding ? Batch.IgnoredLabel : ids[i];
        }

        return new Batch
        {
            Rows = shape.Rows,
            Width = shape.Length,
            Ids = ids,
            Labels = labels,
            Lengths = shape.Lengths,
            ExampleIndex = [.. Enumerable.Range(0, shape.Rows).Select(i => (long)i)],
            OrderIndex = [.. Enumerable.Range(0, shape.Rows).Select(i => (long)i)],
            PromptLengths = new int[shape.Rows],
        };
    }

    /// <summary>6 FLOP for each weight of a matrix and token (forward and both gradients), 12 D L for each token and layer of attention.</summary>
    private static double UsefulFlop(ModelConfig config, BenchmarkShape shape, long scored)
    {
        double body = 0, head = (double)config.VocabularySize * config.Width;
        foreach (var parameter in config.Parameters)
        {
            if (parameter.Shape.Length != 2 || parameter.Name.Contains("embeddings", StringComparison.Ordinal)) continue;
            if (parameter.Name.Contains(".layer", StringComparison.Ordinal)) body += parameter.Elements;
            else head += parameter.Elements;
        }

        return 6 * body * shape.Lengths.Sum() + 6 * head * scored + 12.0 * config.Layers * config.Width * shape.Lengths.Sum(length => (double)length * length);
    }
}
