using System.Runtime.Intrinsics;
using TorchSharp;
using Unmask.Engine.Modeling.Attention;
using Unmask.Engine.Tensors;
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
    [InlineData(16, 2, 10000.0, null)]
    [InlineData(24, 1, null, 70)]
    public void Equals_attention_in_tensor_operations(int headWidth, int heads, double? theta, int? window)
    {
        SkipWithoutLanes();
        if (headWidth % (theta is null ? ShortAttention.Lanes : 2 * ShortAttention.Lanes) != 0) Assert.Skip("Heads of that width do not fill the registers of this processor.");
        using var scope = NewDisposeScope();
        int[] lengths = [20, 20, 7, 1, 0, 33, 20];
        var width = headWidth * heads;
        using var generator = new Generator(3);
        var qkv = randn(lengths.Sum(), 3 * width, generator: generator).requires_grad_();
        var direction = randn(lengths.Sum(), width, generator: generator);
        var plan = new AttentionPlan(new AttentionContext(lengths), heads, theta, window);
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
        SkipWithoutLanes();
        using var scope = NewDisposeScope();
        int[] lengths = [24, 24, 11];
        using var generator = new Generator(4);
        var exact = randn(lengths.Sum(), 3 * 64, generator: generator).to(ScalarType.BFloat16).to(ScalarType.Float32).requires_grad_();
        var direction = randn(lengths.Sum(), 64, generator: generator).to(ScalarType.BFloat16).to(ScalarType.Float32);
        var rounded = exact.detach().to(ScalarType.BFloat16).requires_grad_();
        var plan = new AttentionPlan(new AttentionContext(lengths), 2, 10000);
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
        SkipWithoutLanes();
        var plan = new AttentionPlan(new AttentionContext([8, 8]), 2, 10000);
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

    /// <summary>Where the processor has no registers of a width, the runtime emulates them, slowly and with the same result.</summary>
    [Theory]
    [InlineData(1, null)]
    [InlineData(7, 0)]
    [InlineData(20, null)]
    [InlineData(33, 3)]
    public void Registers_of_256_and_512_bits_give_the_same(int length, int? window)
    {
        using var scope = NewDisposeScope();
        const int headWidth = 64;
        var random = new Random(length);
        float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() * 4 - 2)];
        var (qkv, direction, angles) = (Numbers(length * 3 * headWidth), Numbers(length * headWidth), Numbers(length * headWidth / 2));
        var (cos, sin) = (angles.Select(MathF.Cos).ToArray(), angles.Select(MathF.Sin).ToArray());
        var narrow = Run(new ShortAttentionKernel<Lanes256, Vector256<float>>(length, headWidth, cos, sin, window), qkv, direction, length, headWidth);
        var wide = Run(new ShortAttentionKernel<Lanes512, Vector512<float>>(length, headWidth, cos, sin, window), qkv, direction, length, headWidth);
        Assert.InRange(FixtureTensors.RelativeDifference(narrow.Context, wide.Context), 0, 3e-6);
        Assert.InRange(FixtureTensors.RelativeDifference(narrow.Gradient, wide.Gradient), 0, 3e-6);
    }

    private static unsafe (Tensor Context, Tensor Gradient) Run(IShortAttentionKernel kernel, float[] qkv, float[] direction, int length, int width)
    {
        var (context, gradient) = (new float[length * width], new float[length * 3 * width]);
        fixed (float* q = qkv, g = direction, to = context, dq = gradient)
        {
            kernel.Forward(q, q + width, q + 2 * width, 3 * width, to, width);
            kernel.Backward(q, q + width, q + 2 * width, 3 * width, g, width, dq, dq + width, dq + 2 * width, 3 * width);
        }

        return (tensor(context), tensor(gradient));
    }

    private static void SkipWithoutLanes()
    {
        if (ShortAttention.Lanes == 0) Assert.Skip("This processor has neither AVX-512 nor AVX2 with FMA.");
    }

    private static Tensor Plain(Tensor qkv, AttentionPlan plan, int headWidth)
    {
        var positions = cat([.. plan.Lengths.Where(n => n > 0).Select(n => arange(n))], 0);
        var parts = qkv.view(qkv.shape[0], 3 * plan.Heads, headWidth).split([2L * plan.Heads, plan.Heads], 1);
        var rotated = plan.Theta is { } theta ? new RotaryEmbedding(positions, headWidth, theta, ScalarType.Float32).Apply(parts[0]) : parts[0];
        var qk = rotated.chunk(2, 1);
        return ScaledDotProductAttention.Bidirectional(qk[0], qk[1], parts[1], plan.Lengths, plan.Window).reshape(qkv.shape[0], plan.Heads * headWidth);
    }
}
