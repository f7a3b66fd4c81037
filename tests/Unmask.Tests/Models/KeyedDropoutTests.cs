using Unmask.Engine.Modeling.Regularization;
using Unmask.Engine.Modeling.Sequences;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Models;

/// <summary>Which units are dropped: the same by every way to compute it, and as good as chance.</summary>
public sealed class KeyedDropoutTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(16)]
    [InlineData(45)]
    [InlineData(96)]
    public void Registers_and_operators_of_the_library_drop_the_same_units_to_the_bit(int width)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        foreach (var dtype in new[] { ScalarType.Float32, ScalarType.BFloat16 })
        {
            var x_BHLW = randn([3, 2, 5, width], generator: generator).to(dtype);
            var lines = new DropoutLines(Active("a", 0.3, Tokens(20)), First: 4, Heads: 2, Length: 5);
            Assert.Equal(KeyedDropout.ByOperators(x_BHLW, lines).bytes.ToArray(), KeyedDropout.Apply(x_BHLW, lines).bytes.ToArray());
        }
    }

    [Fact]
    public void A_unit_depends_on_its_token_and_place_alone()
    {
        using var scope = NewDisposeScope();
        var tokens = Tokens(12);
        var together = Active("a", 0.5, tokens).Apply(ones(12, 40));
        for (var i = 0; i < 12; i++) Assert.Equal(together[i].bytes.ToArray(), Active("a", 0.5, [tokens[i]]).Apply(ones(1, 40)).bytes.ToArray());

        // Six sequences of two tokens, or of all that, the last three: weights of the same tokens, and of a head that is there in both.
        var weights = Active("a", 0.5, tokens).ApplyToWeights(ones(3, 2, 4, 4), first: 0);
        Assert.Equal(weights[2].bytes.ToArray(), Active("a", 0.5, tokens[8..]).ApplyToWeights(ones(1, 2, 4, 4), first: 0)[0].bytes.ToArray());
        Assert.Equal(weights[1].bytes.ToArray(), Active("a", 0.5, tokens).ApplyToWeights(ones(1, 2, 4, 4), first: 4)[0].bytes.ToArray());
        Assert.Equal(weights[0, 1].bytes.ToArray(), Active("a", 0.5, tokens).ApplyToWeights(ones(1, 5, 4, 4), first: 0)[0, 1].bytes.ToArray());
        // A weight is that of a query and a key, however long the sequence is.
        Assert.Equal(
            weights[0, .., ..3, ..3].contiguous().bytes.ToArray(),
            Active("a", 0.5, tokens).ApplyToWeights(ones(1, 2, 3, 3), first: 0)[0].bytes.ToArray());
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float64)]
    public void The_gradient_passes_where_the_unit_did(ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(2);
        var x = randn([6, 33], generator: generator).to(dtype).requires_grad_();
        var gradient = randn([33, 6], generator: generator).to(dtype).t();
        var active = Active("a", 0.4, Tokens(6));
        var y = active.Apply(x);
        y.backward([gradient]);
        Assert.Equal(active.Apply(gradient).bytes.ToArray(), x.grad!.contiguous().bytes.ToArray());
        Assert.True(allclose(y, where(y.eq(0), zeros_like(x), x / 0.6), rtol: 1e-2));
        // Under a sum every element of the gradient is one and the same number in memory.
        x.grad = null;
        active.Apply(x).sum().backward();
        Assert.Equal(active.Apply(ones_like(x)).bytes.ToArray(), x.grad!.bytes.ToArray());
    }

    [Theory]
    [InlineData(0.05)]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void The_share_of_dropped_units_is_the_probability_in_every_column_and_row(double probability)
    {
        using var scope = NewDisposeScope();
        const int tokens = 4000, width = 500;
        var dropped = Dropped(Active("a", probability, Tokens(tokens)), width);
        var mean = dropped.mean().item<double>();
        Assert.InRange(mean, probability - Deviations(5, probability, tokens * width), probability + Deviations(5, probability, tokens * width));
        // Sums over columns and rows have the variance of independent units: chi-square over all of them, within 5 standard deviations.
        foreach (var (axis, size, count) in new[] { (0L, tokens, width), (1L, width, tokens) })
        {
            var square = (dropped.mean([axis]) - probability).square().sum().item<double>() * size / (probability * (1 - probability));
            Assert.InRange(square, count - 5 * Math.Sqrt(2.0 * count), count + 5 * Math.Sqrt(2.0 * count));
        }
    }

    [Fact]
    public void Units_of_neighboring_places_sites_rows_and_heads_have_nothing_to_do_with_each_other()
    {
        using var scope = NewDisposeScope();
        const double p = 0.1;
        const int tokens = 4000, width = 500;
        var x = Dropped(Active("layer.0.dropout", p, Tokens(tokens)), width);
        foreach (var shift in new[] { 1, 2, 3, 4, 8, 16, 64 })
        {
            Uncorrelated(x.narrow(1, 0, width - shift), x.narrow(1, shift, width - shift), p, $"units {shift} apart");
            Uncorrelated(x.narrow(0, 0, tokens - shift), x.narrow(0, shift, tokens - shift), p, $"positions {shift} apart");
        }

        Uncorrelated(x, Dropped(Active("layer.1.dropout", p, Tokens(tokens)), width), p, "sites");
        Uncorrelated(x, Dropped(Active("layer.0.dropout", p, Tokens(tokens, row: 8)), width), p, "rows");
        Uncorrelated(x, Dropped(Active("layer.0.dropout", p, [.. Tokens(tokens).Select(token => TokenKey.Blind(token.Row, (int)token.Position))]), width), p, "padding");
        var heads = Active("layer.0.dropout", p, Tokens(1000)).ApplyToWeights(ones(1, 4, 1000, 1000), first: 0).eq(0).to(ScalarType.Float64);
        for (var head = 1; head < 4; head++) Uncorrelated(heads[0, 0], heads[0, head], p, $"heads 0 and {head}");
        Uncorrelated(heads[0, 0], heads[0, 0].t(), p, "query and key");
    }

    [Fact]
    public void Nothing_is_dropped_outside_training_and_names_are_needed_within()
    {
        using var scope = NewDisposeScope();
        var dropout = new Dropout("model.dropout", 0.5);
        Assert.Null(dropout.During(new DropoutKeys(Training: false, Tokens(3))));
        Assert.Null(new Dropout("model.dropout", 0).During(new DropoutKeys(Training: true, null)));
        Assert.Contains("DropoutKeys_N", Assert.Throws<InvalidOperationException>(() => dropout.During(new DropoutKeys(Training: true, null))).Message, StringComparison.Ordinal);
    }

    private static void Uncorrelated(Tensor a, Tensor b, double p, string what)
    {
        var correlation = ((a - p) * (b - p)).mean().item<double>() / (p * (1 - p));
        Assert.True(Math.Abs(correlation) < 5 / Math.Sqrt(a.numel()), $"{what}: correlation {correlation:g3} over {a.numel()} units");
    }

    private static double Deviations(double times, double p, long count) => times * Math.Sqrt(p * (1 - p) / count);

    private static Tensor Dropped(ActiveDropout active, int width) => active.Apply(ones(active.Tokens_N.Length, width)).eq(0).to(ScalarType.Float64);

    private static ActiveDropout Active(string path, double probability, TokenKey[] tokens) => new Dropout(path, probability).During(new DropoutKeys(Training: true, tokens))!;

    private static TokenKey[] Tokens(int count, ulong row = 7) => [.. Enumerable.Range(0, count).Select(i => new TokenKey(row, (uint)i))];
}
