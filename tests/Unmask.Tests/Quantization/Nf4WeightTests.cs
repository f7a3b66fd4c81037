using TorchSharp;
using Unmask.Engine.Modeling.Quantization;
using Unmask.Tests.Models;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Quantization;

public sealed class Nf4WeightTests
{
    [Theory]
    [InlineData(4096, 4096)]
    [InlineData(768, 3072)]
    public void A_large_weight_takes_4_127_bits(int rows, int columns)
    {
        using var scratch = new Nf4Scratch(ScalarType.Float32);
        using var weight = Nf4Weight.Quantize(ones(rows, columns), scratch);
        Assert.Equal(4 + 8.0 / 64 + 32.0 / (64 * 256), weight.Bytes * 8.0 / (rows * columns));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(5, 7)]
    [InlineData(64, 96)]
    [InlineData(333, 129)]
    [InlineData(2100, 2050)]
    public void All_ways_to_unpack_give_the_same_bits(int rows, int columns)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(7);
        var dense = randn(rows, columns, generator: generator) * 0.02;
        foreach (var doubly in (bool[])[true, false])
        {
            using var scratch = new Nf4Scratch(ScalarType.Float32);
            using var weight = Nf4Weight.Quantize(dense, scratch, doubly);
            foreach (var dtype in (ScalarType[])[ScalarType.Float32, ScalarType.BFloat16])
            {
                Assert.Equal(weight.DequantizeByOperators(dtype).bytes.ToArray(), weight.Dequantize(dtype).bytes.ToArray());
            }

            if (dense.numel() > 1000) Assert.InRange(FixtureTensors.RelativeDifference(weight.Dequantize(ScalarType.Float32), dense), 0.09, 0.094);
        }
    }

    /// <summary>A weight given in bfloat16 is quantized as the numbers it has.</summary>
    [Fact]
    public void The_type_of_the_weight_does_not_matter()
    {
        using var scope = NewDisposeScope();
        var dense = randn(211, 205).to(ScalarType.BFloat16);
        using var scratch = new Nf4Scratch(ScalarType.Float32);
        using var one = Nf4Weight.Quantize(dense, scratch);
        using var other = Nf4Weight.Quantize(dense.to(ScalarType.Float32), scratch);
        using var wide = Nf4Weight.Quantize(dense.to(ScalarType.Float64), scratch);
        Assert.Equal(one.Packed.bytes.ToArray(), wide.Packed.bytes.ToArray());
        Assert.Equal(one.Packed.bytes.ToArray(), other.Packed.bytes.ToArray());
        Assert.Equal(one.Dequantize(ScalarType.Float32).bytes.ToArray(), other.Dequantize(ScalarType.Float32).bytes.ToArray());
    }

    [Fact]
    public void A_weight_that_is_not_finite_is_refused()
    {
        using var scope = NewDisposeScope();
        var dense = randn(80, 80);
        dense[17, 3] = tensor(float.NaN);
        using var scratch = new Nf4Scratch(ScalarType.Float32);
        Assert.Throws<ArgumentException>(() => Nf4Weight.Quantize(dense, scratch));
    }

    [Theory]
    [InlineData(ScalarType.Float32, ScalarType.Float32, 1e-6)]
    [InlineData(ScalarType.Float32, ScalarType.BFloat16, 1e-2)]
    [InlineData(ScalarType.BFloat16, ScalarType.BFloat16, 1e-2)]
    public void Product_and_gradients_are_those_of_the_unpacked_weight(ScalarType input, ScalarType compute, double tolerance)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(11);
        Tensor Drawn(params long[] shape) => randn(shape, generator: generator).to(input);
        using var scratch = new Nf4Scratch(compute);
        using var larger = Nf4Weight.Quantize(Drawn(200, 100), scratch);
        using var weight = Nf4Weight.Quantize(Drawn(48, 80), scratch);
        var (x, bias, direction) = (Drawn(13, 80).requires_grad_(), Drawn(48).requires_grad_(), Drawn(13, 48));
        var (exactX, exactBias) = (x.detach().to(ScalarType.Float32).requires_grad_(), bias.detach().to(ScalarType.Float32).requires_grad_());

        var product = weight.Product(x, bias);
        // Another weight takes the place of the unpacked one before the backward pass needs it.
        larger.Product(Drawn(3, 100), null);
        product.backward([direction]);
        var exact = nn.functional.linear(exactX, weight.Dequantize(ScalarType.Float32), exactBias);
        exact.backward([direction.to(ScalarType.Float32)]);

        Assert.Equal(input, product.dtype);
        Assert.Equal(input, x.grad!.dtype);
        Assert.InRange(FixtureTensors.RelativeDifference(product, exact), 0, tolerance);
        Assert.InRange(FixtureTensors.RelativeDifference(x.grad!, exactX.grad!), 0, tolerance);
        Assert.InRange(FixtureTensors.RelativeDifference(bias.grad!, exactBias.grad!), 0, tolerance);
        using var noGrad = no_grad();
        Assert.Equal(product.bytes.ToArray(), weight.Product(x, bias).bytes.ToArray());
    }

    [Fact]
    public void Nothing_leaks()
    {
        using var scratch = new Nf4Scratch(ScalarType.BFloat16);
        void Once()
        {
            using var scope = NewDisposeScope();
            using var weight = Nf4Weight.Quantize(randn(40, 30), scratch);
            var bias = randn(40).requires_grad_();
            weight.Product(randn(5, 30).requires_grad_(), bias).sum().backward();
            weight.Product(randn(5, 30), null);
            weight.Dequantize(ScalarType.Float32);
            weight.DequantizeByOperators(ScalarType.Float32);
        }

        Once();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (var i = 0; i < 20; i++) Once();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }
}
