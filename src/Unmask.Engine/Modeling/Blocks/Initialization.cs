using System.IO.Hashing;
using System.Text;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Blocks;

/// <summary>How a parameter of a fresh model is filled.</summary>
public abstract record Initialization
{
    private Initialization()
    {
    }

    /// <summary>One value everywhere.</summary>
    public sealed record Constant(double Value) : Initialization;

    /// <summary>Normal values of mean 0.</summary>
    /// <param name="StandardDeviation">Before any cut.</param>
    /// <param name="Cutoff">When given, values lie within this many standard deviations.</param>
    /// <param name="ZeroRow">When given, this row is zero (the padding row of an embedding).</param>
    public sealed record Normal(double StandardDeviation, double? Cutoff = null, int? ZeroRow = null) : Initialization;

    /// <summary>Equally likely values between minus and plus <paramref name="Bound"/>.</summary>
    public sealed record Uniform(double Bound) : Initialization;

    public static Initialization Zeros { get; } = new Constant(0);

    public static Initialization Ones { get; } = new Constant(1);

    /// <summary>
    /// Fills <paramref name="value"/>. The numbers depend on seed and name alone, so they do not change when a model gains a parameter, and they are
    /// drawn in float32 on the host, so every type and device starts from the same values.
    /// </summary>
    public void Fill(Tensor value, string name, ulong seed)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var target = value.detach();
        switch (this)
        {
            case Constant constant:
                target.fill_(constant.Value);
                break;
            default:
                using (var generator = new Generator(XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(name), unchecked((long)seed)), CPU))
                {
                    var drawn = empty(value.shape, dtype: ScalarType.Float32);
                    if (this is Uniform uniform) drawn.uniform_(-uniform.Bound, uniform.Bound, generator);
                    if (this is Normal normal) Draw(drawn, normal, generator);
                    target.copy_(drawn);
                }

                break;
        }
    }

    private static void Draw(Tensor drawn, Normal normal, Generator generator)
    {
        if (normal.Cutoff is { } cutoff) DrawCut(drawn, normal.StandardDeviation, cutoff, generator);
        else drawn.normal_(0, normal.StandardDeviation, generator);
        if (normal.ZeroRow is { } row) drawn[row].zero_();
    }

    private static void DrawCut(Tensor drawn, double deviation, double cutoff, Generator generator)
    {
        // Inverse of the normal distribution function on the part between the cuts: a uniform number between -m and m, m = P(|z| < cutoff).
        using var mass = tensor(cutoff / Math.Sqrt(2), dtype: ScalarType.Float64).erf();
        var m = mass.item<double>();
        drawn.uniform_(-m, m, generator).erfinv_().mul_(deviation * Math.Sqrt(2));
        drawn.clamp_(-cutoff * deviation, cutoff * deviation);
    }
}
