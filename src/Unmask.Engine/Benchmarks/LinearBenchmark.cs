using System.Diagnostics;
using Unmask.Engine.Modeling.Quantization;

using static TorchSharp.torch;

namespace Unmask.Engine.Benchmarks;

/// <summary>What a linear layer with a frozen weight takes, plain and in 4 bits.</summary>
/// <param name="Kind">Such as <c>nf4 bfloat16</c>: the weight, and the type of the product.</param>
/// <param name="ForwardBackwardMs">Product, and gradient of its input; the best of the repetitions.</param>
/// <param name="BitsOfWeight">Memory of a weight.</param>
/// <param name="UnpackMs">Of this, unpacking the weight once; 0 for plain ones.</param>
public sealed record LinearTiming(string Kind, double ForwardBackwardMs, double BitsOfWeight, double UnpackMs);

/// <summary>Times one linear layer.</summary>
public static class LinearBenchmark
{
    /// <summary>Times the four kinds, which take turns, so that another program's load meets all of them.</summary>
    /// <param name="width">Inputs and outputs.</param>
    /// <param name="rows">Tokens.</param>
    /// <param name="repetitions">How often each is timed.</param>
    public static IReadOnlyList<LinearTiming> Run(int width, int rows, int repetitions)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        var weight = randn(width, width, generator: generator) * 0.02;
        var kinds = new List<(LinearTiming Timing, Func<Tensor, Tensor> Product, Action Unpack, ScalarType Dtype)>();
        foreach (var dtype in (ScalarType[])[ScalarType.Float32, ScalarType.BFloat16])
        {
            var name = dtype == ScalarType.Float32 ? "float32" : "bfloat16";
            var plain = weight.to(dtype);
            var scratch = new Nf4Scratch(dtype);
            var small = Nf4Weight.Quantize(plain, scratch);
            var unpacked = empty(width, width, dtype);
            kinds.Add((new LinearTiming($"plain {name}", double.PositiveInfinity, dtype == ScalarType.Float32 ? 32 : 16, 0), x => nn.functional.linear(x, plain), () => { }, dtype));
            kinds.Add((new LinearTiming($"nf4 {name}", double.PositiveInfinity, small.Bytes * 8.0 / small.Elements, double.PositiveInfinity), x => small.Product(x, null), () => small.DequantizeInto(unpacked), dtype));
        }

        for (var i = 0; i <= repetitions; i++)
        {
            for (var kind = 0; kind < kinds.Count; kind++)
            {
                var (timing, product, unpack, dtype) = kinds[kind];
                var (step, unpacking) = (Seconds(() => Step(product, rows, width, dtype)), Seconds(unpack));
                // The first round warms up.
                if (i == 0) continue;
                var best = timing with { ForwardBackwardMs = Math.Min(timing.ForwardBackwardMs, step * 1e3), UnpackMs = Math.Min(timing.UnpackMs, unpacking * 1e3) };
                kinds[kind] = (best, product, unpack, dtype);
            }
        }

        return [.. kinds.Select(kind => kind.Timing)];
    }

    private static void Step(Func<Tensor, Tensor> product, int rows, int width, ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        var x = ones([rows, width], dtype).requires_grad_();
        product(x).backward([ones([rows, width], dtype)]);
    }

    private static double Seconds(Action run)
    {
        var started = Stopwatch.GetTimestamp();
        run();
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
