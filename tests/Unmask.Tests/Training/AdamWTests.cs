using Unmask.Engine.Modeling.Blocks;
using Unmask.Engine.Training.Optimization;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Training;

public sealed class AdamWTests
{
    [Theory]
    [InlineData(0.0)]
    [InlineData(0.1)]
    public void Follows_the_published_update(double decay)
    {
        using var scope = NewDisposeScope();
        var weight = tensor(new[] { 1f, -2f, 0.5f }).requires_grad_();
        using var optimizer = new AdamW([new NamedParameter("layer.weight", weight)], new AdamWOptions(WeightDecay: decay));
        double[] expected = [1, -2, 0.5], m = new double[3], v = new double[3];
        for (var step = 1; step <= 5; step++)
        {
            double[] gradient = [0.3 * step, -0.2, 1.5 / step];
            weight.grad = tensor(gradient.Select(g => (float)g).ToArray());
            optimizer.Step(0.01, 0.5);
            for (var i = 0; i < 3; i++)
            {
                var g = gradient[i] * 0.5;
                m[i] = 0.9 * m[i] + 0.1 * g;
                v[i] = 0.999 * v[i] + 0.001 * g * g;
                expected[i] -= 0.01 * decay * expected[i];
                expected[i] -= 0.01 * (m[i] / (1 - Math.Pow(0.9, step))) / (Math.Sqrt(v[i] / (1 - Math.Pow(0.999, step))) + 1e-8);
            }
        }

        var actual = weight.detach().data<float>().ToArray();
        for (var i = 0; i < 3; i++) Assert.Equal(expected[i], actual[i], 5e-6);
    }

    [Fact]
    public void A_bf16_weight_is_the_rounded_float32_weight_after_any_number_of_updates()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        // More than one piece of the split update, and not a multiple of it.
        var start = randn([3, 100_003], generator: generator).to(ScalarType.BFloat16);
        var full = start.to(ScalarType.Float32).requires_grad_();
        var half = start.clone().requires_grad_();
        using var fullOptimizer = new AdamW([new NamedParameter("w.weight", full)], new AdamWOptions(WeightDecay: 0.1));
        using var halfOptimizer = new AdamW([new NamedParameter("w.weight", half)], new AdamWOptions(WeightDecay: 0.1));
        for (var step = 0; step < 20; step++)
        {
            half.grad = randn(start.shape, generator: generator).to(ScalarType.BFloat16);
            full.grad = half.grad.to(ScalarType.Float32);
            // So small that most updates are below the last bit of bfloat16.
            halfOptimizer.Step(1e-4, 0.3);
            fullOptimizer.Step(1e-4, 0.3);
        }

        var difference = (half.detach().to(ScalarType.Float32) - full.detach()).abs();
        Assert.True((difference <= full.detach().abs() / 256).all().item<bool>());
        var lowBits = halfOptimizer.State().Single(s => s.Name == "low_bits.w.weight").Value;
        var bits = half.detach().bytes.ToArray().Chunk(2).Select(b => BitConverter.ToUInt16(b) << 16).Zip(lowBits.data<short>(), (high, low) => high + low);
        Assert.Equal(full.detach().data<float>().Select(BitConverter.SingleToInt32Bits), bits);
    }

    [Fact]
    public void Small_updates_survive_in_bf16()
    {
        using var scope = NewDisposeScope();
        var weight = ones(8, dtype: ScalarType.BFloat16).requires_grad_();
        using var optimizer = new AdamW([new NamedParameter("w.weight", weight)], new AdamWOptions());
        for (var step = 0; step < 100; step++)
        {
            weight.grad = ones(8, dtype: ScalarType.BFloat16);
            optimizer.Step(1e-3);
        }

        Assert.Equal(0.9, weight.detach().to(ScalarType.Float32).mean().item<float>(), 4e-3);
    }

    [Fact]
    public void Norm_is_taken_over_all_gradients()
    {
        using var scope = NewDisposeScope();
        var a = zeros(2).requires_grad_();
        var b = zeros([1], ScalarType.BFloat16).requires_grad_();
        using var optimizer = new AdamW([new NamedParameter("a", a), new NamedParameter("b", b)], new AdamWOptions());
        a.grad = tensor(new[] { 3f, 0f });
        b.grad = tensor(new[] { 4f }).to(ScalarType.BFloat16);
        Assert.Equal(5, optimizer.Gradients.Norm(), 1e-6);
    }

    [Theory]
    [InlineData("bert.encoder.layer.0.attention.output.LayerNorm.weight", false)]
    [InlineData("model.layers.1.attn_norm.weight", false)]
    [InlineData("model.embeddings.norm.weight", false)]
    [InlineData("cls.predictions.bias", false)]
    [InlineData("model.layers.1.attn.Wqkv.weight", true)]
    [InlineData("model.transformer.ln_f.weight", true)]
    public void Decay_leaves_out_biases_and_norms(string name, bool decays) => Assert.Equal(decays, AdamW.Decays(name));
}
