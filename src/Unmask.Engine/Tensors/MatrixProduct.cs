using System.Diagnostics;
using static TorchSharp.torch;

namespace Unmask.Engine.Tensors;

/// <summary>How fast and how exact matrix products are here, measured: what every other speed is judged against.</summary>
public static class MatrixProduct
{
    private const int Rows = 1024;
    private const int Inner = 768;
    private const int Columns = 1536;

    /// <summary>Rate of a 1024 x 768 x 1536 product, the best of as many as fit into the time.</summary>
    /// <param name="dtype">Type of both factors.</param>
    /// <param name="device">Where to multiply; the processor by default.</param>
    /// <param name="seconds">How long to measure.</param>
    /// <returns>GFLOP/s.</returns>
    public static double Rate(ScalarType dtype, Device? device = null, double seconds = 0.4)
    {
        device ??= CPU;
        using var gradless = no_grad();
        using var scope = NewDisposeScope();
        var a = randn(Rows, Inner, device: device).to(dtype);
        var b = randn(Inner, Columns, device: device).to(dtype);

        var best = double.PositiveInfinity;
        var measured = Stopwatch.StartNew();
        do
        {
            var started = Stopwatch.GetTimestamp();
            using var product = Products.Multiply(a, b);
            if (device.type == TorchSharp.DeviceType.CUDA) cuda.synchronize();
            best = Math.Min(best, Stopwatch.GetElapsedTime(started).TotalSeconds);
        }
        while (measured.Elapsed.TotalSeconds < seconds);

        return 2.0 * Rows * Inner * Columns / best / 1e9;
    }

    /// <summary>Rate of the same product on the processor, over all that are made in the time: what processes that disturb each other get.</summary>
    /// <returns>GFLOP/s.</returns>
    public static double MeanRate(ScalarType dtype, double seconds)
    {
        using var gradless = no_grad();
        using var scope = NewDisposeScope();
        var a = randn(Rows, Inner).to(dtype);
        var b = randn(Inner, Columns).to(dtype);
        Products.Multiply(a, b).Dispose();
        var (measured, products) = (Stopwatch.StartNew(), 0);
        for (; measured.Elapsed.TotalSeconds < seconds; products++) Products.Multiply(a, b).Dispose();
        return 2.0 * Rows * Inner * Columns * products / measured.Elapsed.TotalSeconds / 1e9;
    }

    /// <summary>Relative error (Frobenius) of a 256 x 768 x 512 float32 product against float64, on the processor.</summary>
    public static double Float32Error()
    {
        using var gradless = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new Generator(0);
        var a = randn(256, 768, dtype: ScalarType.Float32, generator: generator);
        var b = randn(768, 512, dtype: ScalarType.Float32, generator: generator);
        var exact = a.to(ScalarType.Float64).mm(b.to(ScalarType.Float64));
        return ((a.mm(b).to(ScalarType.Float64) - exact).norm() / exact.norm()).item<double>();
    }
}
