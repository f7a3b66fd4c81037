using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Attention;

/// <summary>
/// Rotary position embedding (arXiv 2104.09864), halves rotated: pairs are (x[k], x[k + K/2]), angle position * theta^(-2k/K).
/// Angles, and the rotation of half-precision values, are computed in float32.
/// </summary>
internal sealed class RotaryEmbedding : IDisposable
{
    private readonly Tensor cos_N1K;
    private readonly Tensor sin_N1K;

    /// <param name="positions_N">Place of each token in its sequence.</param>
    /// <param name="headWidth">K, even; the tables hold K/2 columns.</param>
    /// <param name="theta">Base of the frequencies.</param>
    /// <param name="dtype">Type of the values to be rotated.</param>
    public RotaryEmbedding(Tensor positions_N, int headWidth, double theta, ScalarType dtype)
    {
        var frequencies = new float[headWidth / 2];
        for (var k = 0; k < frequencies.Length; k++) frequencies[k] = Frequency(k, headWidth, theta);
        var frequency_K = tensor(frequencies, device: positions_N.device);
        var angle_N1K = (positions_N.to(ScalarType.Float32).unsqueeze(1) * frequency_K).unsqueeze(1);
        var computed = dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        cos_N1K = angle_N1K.cos().to(computed);
        sin_N1K = angle_N1K.sin().to(computed);
    }

    /// <summary>Angle from token to token of pair <paramref name="k"/>.</summary>
    public static float Frequency(int k, int headWidth, double theta) => 1f / MathF.Pow((float)theta, 2f * k / headWidth);

    /// <summary>Takes the tables out of all dispose scopes; they live until <see cref="Dispose"/>.</summary>
    public void Detach()
    {
        cos_N1K.DetachFromDisposeScope();
        sin_N1K.DetachFromDisposeScope();
    }

    public void Dispose()
    {
        cos_N1K.Dispose();
        sin_N1K.Dispose();
    }

    /// <summary>Rotates [N, H, K] by the position of each token.</summary>
    public Tensor Apply(Tensor x_NHK)
    {
        var halves = x_NHK.to(cos_N1K.dtype).chunk(2, -1);
        var first = halves[0] * cos_N1K - halves[1] * sin_N1K;
        var second = halves[1] * cos_N1K + halves[0] * sin_N1K;
        return cat([first, second], -1).to(x_NHK.dtype);
    }
}
