using Unmask.Core.Parameters;
using Unmask.Engine.Generation;
using Unmask.Engine.Generation.Decoding;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Sampling;

public sealed class MdlmSamplerTests
{
    private const int Mask = 0;
    private const int End = 1;
    private static readonly SamplerTokens Tokens = new(Mask, End, Begin: 2);

    // Best token and its logit at positions 0..7; sureness order: 5, 2, 3 and 6 (equal), 7, 4, 1, 0.
    private static readonly (int Token, float Logit)[] Best = [(3, 1), (4, 2), (5, 7), (6, 6), (7, 3), (8, 8), (9, 6), (3, 5)];

    [Fact]
    public void Reveals_the_surest_first_and_breaks_ties_to_the_left()
    {
        var states = new List<(int[] Row, int MasksLeft, int Total)>();
        var rows = Sampler().Sample([[9, 9]], new SamplerOptions { MaxNewTokens = 6, Steps = 6 }, step => states.Add(([.. step.Rows[0]], step.MasksLeft, step.Total)));
        Assert.Equal([9, 9, 5, 6, 7, 8, 9, 3], rows[0]);
        Assert.Equal([9, 9, 0, 0, 0, 0, 0, 0], states[0].Row);
        Assert.Equal([9, 9, 0, 0, 0, 8, 0, 0], states[1].Row);
        Assert.Equal([9, 9, 5, 0, 0, 8, 0, 0], states[2].Row);
        Assert.Equal([9, 9, 5, 6, 0, 8, 0, 0], states[3].Row);
        Assert.Equal([9, 9, 5, 6, 0, 8, 9, 0], states[4].Row);
        Assert.Equal([6, 5, 4, 3, 2, 1, 0], states.Select(state => state.MasksLeft));
        Assert.All(states, state => Assert.Equal(6, state.Total));
    }

    [Fact]
    public void Blocks_go_from_left_to_right()
    {
        var committed = new List<int>();
        Sampler().Sample([[9, 9]], new SamplerOptions { MaxNewTokens = 6, Steps = 6, BlockSize = 2 }, step => committed.AddRange(step.Committed.Select(c => c.Position)));
        Assert.Equal([2, 3, 5, 4, 6, 7], committed);
    }

    [Fact]
    public void Suppressed_tokens_are_not_written_and_begin_suppressed_come_last()
    {
        var rows = Sampler().Sample([[9]], new SamplerOptions { MaxNewTokens = 7, Steps = 7, SuppressTokens = [8] });
        Assert.DoesNotContain(8, rows[0]);
        var committed = new List<Commitment>();
        var options = new SamplerOptions { MaxNewTokens = 7, Steps = 7, BeginSuppressTokens = [8] };
        rows = Sampler().Sample([[9]], options, step => committed.AddRange(step.Committed));
        Assert.Equal(new Commitment(0, 5, 8, 0f), committed[^1]);
        Assert.Equal([9, 4, 5, 6, 7, 8, 9, 3], rows[0]);
    }

    [Fact]
    public void A_mask_in_the_prompt_is_filled_and_takes_its_share()
    {
        // Two masks in the answer give two tokens to reveal; the three candidates are 2, 3, 4 and 4 is the least sure.
        var rows = Sampler().Sample([[9, 9, Mask]], new SamplerOptions { MaxNewTokens = 2, Steps = 1 });
        Assert.Equal([9, 9, 5, 6, Mask], rows[0]);
    }

    [Fact]
    public void Infill_writes_masks_only()
    {
        var model = new TableModel(Table());
        var rows = new MdlmSampler(model, Tokens).Infill([[9, Mask, 9, Mask], [4, 4], [Mask, 5, 5, 5, Mask]], new SamplerOptions { BlockSize = 2, Steps = 6 });
        Assert.Equal([[9, 4, 9, 6], [4, 4], [3, 5, 5, 5, 7]], rows);
        // Three steps (one for each block with masks); rows without work are not computed.
        Assert.Equal(4 + 5 + 4 + 5, model.Encoded);
    }

    [Fact]
    public void Right_shift_reads_the_position_before()
    {
        var rows = Sampler().Sample([[9, 9], []], new SamplerOptions { MaxNewTokens = 3, RightShiftLogits = true });
        Assert.Equal([9, 9, 4, 5, 6], rows[0]);
        Assert.Equal([2, 3, 4, 5], rows[1]);
    }

    [Fact]
    public void Tokens_are_drawn_from_the_tempered_softmax()
    {
        var table = new float[1, 4] { { float.NegativeInfinity, 0, 1, 2 } };
        const int draws = 6000;
        const double temperature = 0.7;
        var rows = new MdlmSampler(new TableModel(table), Tokens)
            .Sample([.. Enumerable.Repeat(Array.Empty<int>(), draws)], new SamplerOptions { MaxNewTokens = 1, Steps = 1, Temperature = temperature, Seed = 5 });
        var weights = new[] { 0, 1, Math.Exp(1 / temperature), Math.Exp(2 / temperature) };
        double chiSquare = 0;
        for (var token = 1; token < 4; token++)
        {
            var expected = draws * weights[token] / weights.Sum();
            var count = rows.Count(row => row[0] == token);
            chiSquare += (count - expected) * (count - expected) / expected;
        }

        Assert.True(chiSquare < 18.4, $"chi-square {chiSquare} of 2 degrees of freedom"); // probability 1e-4
        Assert.DoesNotContain(rows, row => row[0] == 0);
    }

    [Fact]
    public void Random_choices_do_not_depend_on_the_batch()
    {
        var options = new SamplerOptions
        {
            MaxNewTokens = 4,
            Steps = 4,
            BlockSize = 2,
            Temperature = 1.5,
            Remasking = Remasking.Random,
            StochasticTransfer = true,
            Seed = 3,
        };
        int[][] prompts = [[9, 9, 9], [9], [4, 4], [], [5, 5, 5, 5]];
        var together = Sampler().Sample(prompts, options);
        var done = new List<int>();
        Assert.Equal(together, Sampler().SampleAll(prompts, options, tokensPerBatch: 13, done.Add));
        Assert.True(done.Count > 1 && done[^1] == 5);
        Assert.NotEqual(together, Sampler().Sample(prompts, options with { Seed = 4 }));
        Assert.DoesNotContain(together, row => row.Contains(Mask));
    }

    [Fact]
    public void Cancelling_stops_between_steps()
    {
        using var source = new CancellationTokenSource();
        var steps = 0;
        Assert.Throws<OperationCanceledException>(() => Sampler().Sample([[9]], new SamplerOptions { MaxNewTokens = 5, Steps = 5 }, step =>
        {
            steps = step.Number;
            if (steps == 2) source.Cancel();
        }, source.Token));
        Assert.Equal(2, steps);
    }

    [Fact]
    public void Everything_wrong_is_told_at_once()
    {
        var options = new SamplerOptions { MaxNewTokens = 0, BlockSize = 0, Steps = 0, Temperature = -1, CfgScale = double.NaN, SuppressTokens = [10] };
        var error = Assert.Throws<UserError>(() => Sampler().Sample([[9]], options));
        Assert.Equal(6, error.Problems.Count);
        Assert.Contains("suppress_tokens contains 10; token ids of this model are 0 to 9.", error.Problems);
    }

    [Fact]
    public void A_canvas_longer_than_the_model_is_refused()
    {
        var error = Assert.Throws<UserError>(() => Sampler().Sample([[9, 9, 9]], new SamplerOptions { MaxNewTokens = 6 }));
        Assert.Contains("has 9 tokens; this model takes at most 8", error.Message);
    }

    [Fact]
    public void Answers_are_cut_at_their_end()
    {
        Assert.Equal([5, 6], OutputTrim.Answer([End, 9, 5, 6, End, 7], 2, End));
        Assert.Equal([5, 6], OutputTrim.Answer([9, 5, 6], 1, End));
        Assert.Equal([4], OutputTrim.Filled([9, 4, 9, End, 5], [9, Mask, 9, Mask, Mask], Mask, End));
        Assert.Equal("Yes. ", OutputTrim.Text("Yes. [/Answer] no", "[/Answer]", ""));
    }

    private static MdlmSampler Sampler() => new(new TableModel(Table()), Tokens);

    private static float[,] Table()
    {
        var table = new float[Best.Length, 10];
        for (var position = 0; position < Best.Length; position++) table[position, Best[position].Token] = Best[position].Logit;
        return table;
    }
}
