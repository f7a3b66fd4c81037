using Unmask.Core.Parameters;
using Unmask.Engine.Generation.Decoding;
using Xunit;
using static TorchSharp.torch;

namespace Unmask.Tests.Sampling;

/// <summary>What Dream's sampler has beyond the other: filters, measures of confidence, positions that are drawn. Laws and values told by hand.</summary>
public sealed class DreamSamplingTests
{
    private static readonly SamplerTokens Tokens = new(Mask: 0, End: 1, Begin: 2);

    [Theory]
    [InlineData(null, null, 5)]
    [InlineData(2, null, 2)]
    [InlineData(9, null, 5)]
    [InlineData(null, 1.0, 5)]
    [InlineData(null, 0.39, 1)]
    [InlineData(null, 0.41, 2)]
    [InlineData(null, 0.71, 3)]
    [InlineData(null, 1e-9, 1)]
    [InlineData(2, 0.71, 2)]
    [InlineData(4, 0.41, 2)]
    public void Filters_keep_the_most_probable(int? topK, double? topP, int kept)
    {
        using var scope = NewDisposeScope();
        // Probabilities 0.05, 0.4, 0.1, 0.3, 0.15: a token stays while those before it hold at most top_p.
        var logits = tensor(new[] { 0.05f, 0.4f, 0.1f, 0.3f, 0.15f }).log().unsqueeze(0);
        var filtered = TokenFilter.Apply(logits, topK, topP).data<float>().ToArray();
        int[] order = [1, 3, 4, 2, 0];
        Assert.Equal(order[..kept].Order(), Enumerable.Range(0, 5).Where(i => float.IsFinite(filtered[i])));
        Assert.All(order[..kept], i => Assert.Equal(logits[0, i].item<float>(), filtered[i]));
    }

    [Fact]
    public void Measures_differ_in_what_they_call_sure()
    {
        // Position 1: the highest probability. Position 2: the widest lead over the second. Position 3: least entropy, two tokens share all.
        var table = Table([0.34f, 0.33f, 0.33f, 1e-6f, 1e-6f], [0.52f, 0.45f, 0.01f, 0.01f, 0.01f], [0.4f, 0.16f, 0.15f, 0.15f, 0.14f], [0.51f, 0.49f, 1e-6f, 1e-6f, 1e-6f]);
        Assert.Equal(1, First(table, new SamplerOptions { Remasking = Remasking.MaskgitPlus }));
        Assert.Equal(2, First(table, new SamplerOptions { Remasking = Remasking.TopkMargin }));
        Assert.Equal(3, First(table, new SamplerOptions { Remasking = Remasking.Entropy }));
        // Of the two best tokens of position 2 alone, the first holds most.
        Assert.Equal(2, First(table, new SamplerOptions { Remasking = Remasking.MaskgitPlus, TopK = 2 }));
        // The usual measure does not look at filters.
        Assert.Equal(1, First(table, new SamplerOptions { Remasking = Remasking.LowConfidence, TopK = 2 }));
    }

    [Fact]
    public void Positions_are_drawn_in_proportion_to_their_confidence()
    {
        var table = Table([0.9f, 0.1f], [0.7f, 0.3f], [0.6f, 0.4f]);
        const int Draws = 4000;
        var firsts = Enumerable.Range(0, Draws).Select(seed => First(table, new SamplerOptions { Remasking = Remasking.MaskgitPlus, ConfidenceTemperature = 0.2, Seed = seed })).ToArray();
        double[] weights = [Math.Exp(0.9 / 0.2), Math.Exp(0.7 / 0.2), Math.Exp(0.6 / 0.2)];
        for (var i = 0; i < 3; i++) Assert.Equal(weights[i] / weights.Sum(), firsts.Count(first => first == i) / (double)Draws, 0.03);
    }

    [Fact]
    public void Only_kept_tokens_are_drawn()
    {
        var table = Table([0.5f, 0.3f, 0.15f, 0.05f]);
        using var model = new TableModel(table);
        var drawn = Enumerable.Range(0, 400).Select(seed => new MdlmSampler(model, Tokens).Sample([[]], new SamplerOptions { MaxNewTokens = 1, Steps = 1, Temperature = 1, TopP = 0.6, Seed = seed })[0][0]).ToArray();
        Assert.Equal([3, 4], drawn.Distinct().Order());
        Assert.Equal(0.625, drawn.Count(token => token == 3) / 400.0, 0.08);
    }

    [Fact]
    public void Origin_reveals_by_chance_and_leaves_nothing()
    {
        using var model = new TableModel(Table([.. Enumerable.Repeat(new[] { 0.6f, 0.4f }, 20)]));
        var firsts = new List<int>();
        for (var seed = 0; seed < 300; seed++)
        {
            var steps = new List<SamplerStep>();
            var rows = new MdlmSampler(model, Tokens).Sample([[]], new SamplerOptions { MaxNewTokens = 20, BlockSize = null, Steps = 5, Remasking = Remasking.Origin, Seed = seed }, steps.Add);
            Assert.All(rows[0], token => Assert.Equal(3, token));
            Assert.InRange(steps.Count, 2, 6);
            firsts.Add(steps[1].Committed.Count);
        }

        // A fifth of 20 by expectation, and not always the same.
        Assert.Equal(4, firsts.Average(), 0.5);
        Assert.True(firsts.Distinct().Count() > 4);
        Assert.Equal([20], TransferSchedule.OriginCounts(20, 1, 1e-3, (_, _) => 0.5));
        Assert.Equal([20], TransferSchedule.OriginCounts(20, 3, 1e-3, (_, _) => 0.999));
    }

    [Fact]
    public void Masks_of_the_prompt_count_too()
    {
        using var model = new TableModel(Table([.. Enumerable.Repeat(new[] { 0.6f, 0.4f }, 4)]));
        var rows = new MdlmSampler(model, Tokens).Sample([[0, 9]], new SamplerOptions { MaxNewTokens = 2, Steps = 1, Remasking = Remasking.Entropy });
        Assert.Equal([3, 9, 3, 3], rows[0]);
    }

    [Fact]
    public void Wrong_options_are_named() => Assert.Equal(
        ["top_k is 0. It must be at least 1.", "top_p is 1.5. It must be above 0 and at most 1.", "alg_temp is -1. It must be 0 or more.", "eps is 1. It must be between 0 and 1."],
        new SamplerOptions { TopK = 0, TopP = 1.5, ConfidenceTemperature = -1, LastTime = 1 }.Problems(10));

    /// <summary>The position that the first of several steps writes to.</summary>
    private static int First(float[,] table, SamplerOptions options)
    {
        using var model = new TableModel(table);
        var count = table.GetLength(0);
        var steps = new List<SamplerStep>();
        new MdlmSampler(model, Tokens).Sample([[]], options with { MaxNewTokens = count, BlockSize = null, Steps = count }, steps.Add);
        return Assert.Single(steps[1].Committed).Position;
    }

    /// <summary>Logits of tokens 3, 4 ... at each position from their probabilities; other tokens have next to none.</summary>
    private static float[,] Table(params float[][] probabilities)
    {
        var table = new float[probabilities.Length, 10];
        for (var i = 0; i < probabilities.Length; i++)
        {
            for (var v = 0; v < 10; v++) table[i, v] = v >= 3 && v - 3 < probabilities[i].Length ? MathF.Log(probabilities[i][v - 3]) : -40;
        }

        return table;
    }
}
