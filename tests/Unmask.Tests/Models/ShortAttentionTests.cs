using TorchSharp;

using Unmask.Engine.Models.Common;

using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Models;

/// <summary>The fused operator against the same arithmetic in tensor operations, values and gradients.</summary>
public sealed class ShortAttentionTests
{
    [Theory]
    [InlineData(32, 4, 10000.0, null)]
    [InlineData(64, 2, 160000.0, 3)]
    [InlineData(16, 3, null, null)]
    [InlineData(48, 1, null, 5)]
    public void Equals_attention_in_tensor_operations(int headWidth, int heads, double? theta, int? window)
    {
        using var scope = NewDisposeScope();
        int[] lengths = [20, 20, 7, 1, 0, 33, 20];
        var width = headWidth * heads;
        using var generator = new Generator(3);
        var qkv = randn(lengths.Sum(), 3 * width, generator: generator).requires_grad_();
        var direction = randn(lengths.Sum(), width, generator: generator);
        var plan = new AttentionPlan(lengths, heads, theta, window);
        Assert.True(ShortAttention.Applies(qkv, plan, headWidth, dropout: null));

        var fused = ShortAttention.Apply(qkv, plan);
        fused.backward([direction]);
        var fusedGradient = qkv.grad!.clone();
        qkv.grad = null;
        var plain = Plain(qkv, plan, headWidth);
        plain.backward([direction]);

        Assert.InRange(FixtureTensors.RelativeDifference(fused, plain), 0, 3e-6);
        Assert.InRange(FixtureTensors.RelativeDifference(fusedGradient, qkv.grad!), 0, 3e-6);
    }

    [Fact]
    public void Bfloat16_is_as_exact_as_its_inputs()
    {
        using var scope = NewDisposeScope();
        int[] lengths = [24, 24, 11];
        using var generator = new Generator(4);
        var exact = randn(lengths.Sum(), 3 * 64, generator: generator).to(ScalarType.BFloat16).to(ScalarType.Float32).requires_grad_();
        var direction = randn(lengths.Sum(), 64, generator: generator).to(ScalarType.BFloat16).to(ScalarType.Float32);
        var rounded = exact.detach().to(ScalarType.BFloat16).requires_grad_();
        var plan = new AttentionPlan(lengths, 2, 10000);
        var expected = ShortAttention.Apply(exact, plan);
        expected.backward([direction]);
        var actual = ShortAttention.Apply(rounded, plan);
        actual.backward([direction.to(ScalarType.BFloat16)]);
        Assert.InRange(FixtureTensors.RelativeDifference(actual, expected), 0, 4e-3);
        Assert.InRange(FixtureTensors.RelativeDifference(rounded.grad!, exact.grad!), 0, 4e-3);
    }

    [Fact]
    public void Nothing_leaks()
    {
        var plan = new AttentionPlan([8, 8], 2, 10000);
        void Once()
        {
            using var scope = NewDisposeScope();
            var qkv = randn(16, 3 * 64).requires_grad_();
            ShortAttention.Apply(qkv, plan).sum().backward();
        }

        Once();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (var i = 0; i < 20; i++) Once();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    private static Tensor Plain(Tensor qkv, AttentionPlan plan, int headWidth)
    {
        var positions = cat([.. plan.Lengths.Where(n => n > 0).Select(n => arange(n))], 0);
        var parts = qkv.view(qkv.shape[0], 3 * plan.Heads, headWidth).split([2L * plan.Heads, plan.Heads], 1);
        var rotated = plan.Theta is { } theta ? new RotaryEmbedding(positions, headWidth, theta, ScalarType.Float32).Apply(parts[0]) : parts[0];
        var qk = rotated.chunk(2, 1);
        return Attention.Bidirectional(qk[0], qk[1], parts[1], plan.Lengths, plan.Window).reshape(qkv.shape[0], plan.Heads * headWidth);
    }
}
