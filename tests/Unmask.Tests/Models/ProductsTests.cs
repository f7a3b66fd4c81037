using Unmask.Engine.Tensors;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Models;

/// <summary>Products of factors of 16 bits, computed by whatever this processor is good at, against float64.</summary>
public sealed class ProductsTests
{
    [Theory]
    [InlineData(false, ScalarType.BFloat16), InlineData(true, ScalarType.BFloat16)]
    [InlineData(false, ScalarType.Float16), InlineData(true, ScalarType.Float16)]
    public void A_linear_layer_and_its_gradients_are_rounded_once(bool biased, ScalarType dtype)
    {
        Tensor Random(Generator generator, params long[] shape) => ProductsTests.Random(generator, shape).detach().to(dtype).requires_grad_();
        using var scope = NewDisposeScope();
        using var generator = new Generator(7);
        var (x, weight, bias) = (Random(generator, 37, 96), Random(generator, 50, 96), biased ? Random(generator, 50) : null);
        var direction = Random(generator, 37, 50).detach();
        var product = Products.Linear(x, weight, bias);
        Assert.Equal(dtype, product.dtype);
        product.backward([direction]);

        var (wideX, wideWeight, wideBias) = (Wide(x), Wide(weight), bias is null ? null : Wide(bias));
        var exact = nn.functional.linear(wideX, wideWeight, wideBias);
        exact.backward([direction.to(ScalarType.Float64)]);
        Close(exact, product);
        Close(wideX.grad!, x.grad!);
        Close(wideWeight.grad!, weight.grad!);
        if (bias is not null) Close(wideBias!.grad!, bias.grad!);
    }

    [Fact]
    public void What_requires_no_gradient_gets_none()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(8);
        var (x, weight) = (Random(generator, 5, 16), Random(generator, 8, 16).detach());
        Products.Linear(x, weight).sum().backward();
        Assert.NotNull(x.grad);
        Assert.Null(weight.grad);
        using var guard = no_grad();
        Assert.False(Products.Linear(x, weight).requires_grad);
    }

    [Fact]
    public void Large_weights_are_taken_by_portions()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var generator = new Generator(9);
        // Above 2^24 values: two portions. Judged by rows at both ends and about where they meet.
        const long rows = 300_000, border = (1 << 24) / 64;
        var judged = cat([arange(16), arange(border - 16, border + 16), arange(rows - 16, rows)]);
        var (few, table) = (Random(generator, 3, 64), Random(generator, rows, 64));
        Close(Wide(few).mm(Wide(table[judged]).t()), Products.Linear(few, table).index_select(1, judged));
        var weights = Random(generator, 3, judged.shape[0]);
        var back = zeros([3, rows], ScalarType.BFloat16).index_copy_(1, judged, weights);
        Close(Wide(weights).mm(Wide(table[judged])), Products.Multiply(back, table));
        var sum = zeros([rows, 64], ScalarType.BFloat16);
        Products.AddProduct(sum, back.t(), few);
        Close(Wide(weights).t().mm(Wide(few)), sum[judged]);
    }

    private static Tensor Random(Generator generator, params long[] shape) => randn(shape, generator: generator).to(ScalarType.BFloat16).requires_grad_();

    private static Tensor Wide(Tensor x) => x.detach().to(ScalarType.Float64).requires_grad_();

    private static void Close(Tensor exact, Tensor actual)
    {
        // Half a unit in the last place, and a little for the order of sums.
        var rounding = actual.dtype == ScalarType.Float16 ? 1.0 / 2048 : 1.0 / 256;
        // Of the value itself; sums that all but cancel are judged by what they are sums of.
        var allowed = exact.abs() * rounding + exact.abs().max() * 1e-5;
        Assert.True((actual.to(ScalarType.Float64) - exact).abs().le(allowed).all().item<bool>());
    }
}
