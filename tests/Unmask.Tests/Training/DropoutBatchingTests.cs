using Unmask.Core.Parameters;
using Unmask.Engine.Data;
using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Blocks;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Engine.Objectives.Losses;
using Unmask.Engine.Objectives.Mdlm;
using Unmask.Engine.Training;
using Unmask.Engine.Training.Optimization;
using Unmask.Tests.Diffusion;
using Unmask.Tests.Models;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Training;

/// <summary>How rows are put into batches changes nothing, also where units are dropped.</summary>
public sealed class DropoutBatchingTests
{
    private const string Lora = "lora_dropout";
    private const int Mask = 3;

    public static TheoryData<string, string> Dropouts() => new()
    {
        { "bert", "hidden_dropout_prob" },
        { "bert", "attention_probs_dropout_prob" },
        { "bert", Lora },
        { "modernbert", "embedding_dropout" },
        { "modernbert", "attention_dropout" },
        { "modernbert", "mlp_dropout" },
        { "modernbert", Lora },
        { "dream", "attention_dropout" },
        { "dream", Lora },
        { "llada", "embedding_dropout" },
        { "llada", "attention_dropout" },
        { "llada", "residual_dropout" },
        { "llada", Lora },
    };

    [Theory, MemberData(nameof(Dropouts))]
    public void A_row_loses_the_same_units_in_every_batch(string architecture, string dropout)
    {
        using var scope = NewDisposeScope();
        using var model = Make(architecture, (dropout, "0.3"));
        if (dropout == Lora) HangBranches(model);
        var corruption = new Corruption(new CorruptionOptions { ShiftsLogits = model.TakesBlindTokens }, Mask);
        float[] Losses(Batch batch, long seed = 5, int epoch = 2) => MaskedCrossEntropy.TokenLosses(model, corruption.Apply(batch, seed, epoch));

        int[] all = [.. Enumerable.Range(0, 9)], others = [7, 4, 8, 0];
        var alone = all.ToDictionary(row => row, row => (double[])[.. Losses(Rows(model, 22, row))]);
        foreach (var rows in new[] { all, [.. all.Reverse()], others })
        {
            // Losses come row after row; padding of the original that sees nothing is scored too, so the width stays for those who look at it.
            var together = Losses(Rows(model, model.TakesBlindTokens ? 22 : 29, rows));
            Assert.Equal(rows.SelectMany(row => alone[row]), [.. together], (a, b) => Math.Abs(a - b) < 1e-4);
        }

        // The masks of tokens change with these as well; what follows asks whether units are dropped, and other ones in other epochs, on the same masks.
        var noised = corruption.Apply(Rows(model, 22, all), 5, 2);
        var (trained, later) = (MaskedCrossEntropy.TokenLosses(model, noised), MaskedCrossEntropy.TokenLosses(model, noised with { DropoutKeys = corruption.Apply(noised.Clean, 5, 3).DropoutKeys }));
        model.Training = false;
        var quiet = MaskedCrossEntropy.TokenLosses(model, noised);
        Assert.True(trained.Zip(quiet, (a, b) => Math.Abs(a - b)).Average() > 1e-2, "nothing was dropped");
        Assert.True(trained.Zip(later, (a, b) => Math.Abs(a - b)).Average() > 1e-2, "the same was dropped in another epoch");
    }

    /// <summary>Padding that sees nothing stands in a batch once for all, and with dropout once for each row that it is scored in.</summary>
    [Fact]
    public void Scored_padding_loses_units_of_its_row()
    {
        using var scope = NewDisposeScope();
        using var model = Make("dream");
        HangBranches(model);
        var noised = new Corruption(new CorruptionOptions { ShiftsLogits = true }, Mask).Apply(Rows(model, 30, 1, 2), 5, 0);
        var rows = LogitRows.Of(noised, takesBlind: true);
        Assert.Equal([0, 0, 1, 1], rows.Blind.Select(token => token.Row).Order());
        var keys = rows.DropoutKeys_N(noised)!;
        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.Equal(noised.Clean.Lengths.Sum() + 4, keys.Length);
    }

    [Fact]
    public void Keys_are_those_of_seed_epoch_and_example_whatever_the_batch()
    {
        using var model = Make("bert");
        var corruption = new Corruption(new CorruptionOptions(), Mask);
        var keys = corruption.Apply(Rows(model, 22, 0, 1, 2), 5, 1).DropoutKeys!;
        Assert.Equal([keys[2], keys[0]], corruption.Apply(Rows(model, 25, 2, 0), 5, 1).DropoutKeys!);
        ulong[] others = [.. corruption.Apply(Rows(model, 22, 0, 1, 2), 5, 2).DropoutKeys!, .. corruption.Apply(Rows(model, 22, 0, 1, 2), 6, 1).DropoutKeys!];
        Assert.Equal(9, keys.Concat(others).Distinct().Count());
        Assert.Null(corruption.ApplyForEvaluation(Rows(model, 22, 0), 5).DropoutKeys);
    }

    [Theory]
    [InlineData("bert", false, false)]
    [InlineData("bert", false, true)]
    [InlineData("modernbert", false, false)]
    [InlineData("dream", false, false)]
    [InlineData("llada", false, false)]
    [InlineData("bert", true, false)]
    [InlineData("modernbert", true, true)]
    [InlineData("dream", true, false)]
    [InlineData("llada", true, false)]
    public void Micro_batches_train_as_one_batch_does(string architecture, bool lora, bool checkpointing)
    {
        using var scope = NewDisposeScope();
        var (losses, weights) = Train(architecture, lora, checkpointing, microBatches: 1);
        foreach (var microBatches in new[] { 2, 4, 16 })
        {
            var (theirLosses, theirWeights) = Train(architecture, lora, checkpointing, microBatches);
            Assert.Equal(losses, theirLosses, (a, b) => Math.Abs(a - b) < 1e-6 * a);
            foreach (var (expected, actual) in weights.Zip(theirWeights))
            {
                var difference = FixtureTensors.LargestDifference(expected.Value, actual.Value);
                Assert.True(difference < 1e-6, $"{expected.Name} differs by {difference:g3} in {microBatches} parts");
            }
        }
    }

    /// <summary>Some steps over the same 16 rows of several lengths, each step an epoch.</summary>
    private static (double[] Losses, IReadOnlyList<NamedParameter> Weights) Train(string architecture, bool lora, bool checkpointing, int microBatches)
    {
        string[] all = ["hidden_dropout_prob", "attention_probs_dropout_prob", "embedding_dropout", "attention_dropout", "mlp_dropout", "residual_dropout"];
        using var model = Make(architecture, [.. all.Select(key => (key, "0.1"))]);
        model.ActivationCheckpointing = checkpointing;
        var trained = lora ? HangBranches(model) : model.Parameters;
        var corruption = new Corruption(new CorruptionOptions { ShiftsLogits = model.TakesBlindTokens }, Mask);
        // A bias of keys has no gradient but rounding, which Adam would blow up to full steps: hence an epsilon well above it.
        using var optimizer = new AdamW(trained, new AdamWOptions { Epsilon = 1e-3 });
        var step = new TrainingStep(model, optimizer, maxGradNorm: 1);
        var losses = new List<double>();
        for (var epoch = 0; epoch < 4; epoch++)
        {
            var parts = Enumerable.Range(0, 16).Chunk(16 / microBatches).Select(rows => corruption.Apply(Rows(model, 26, rows), seed: 9, epoch)).ToArray();
            losses.Add(step.Run(WeightedBatch.Group(parts, LossNorm.Token), learningRate: 1e-3).Loss.Loss);
        }

        return ([.. losses], [.. trained.Select(parameter => parameter with { Value = parameter.Value.detach().clone() })]);
    }

    private static MaskedLanguageModel Make(string architecture, params (string Key, string Value)[] dropouts)
    {
        (string, string)[] none = [("hidden_dropout_prob", "0"), ("attention_probs_dropout_prob", "0")];
        var config = SmallConfigs.Of(
            architecture, new VocabularyFacts(40) { Pad = 0, Mask = Mask }, tied: true, width: 32, intermediate: 48, layers: 3, heads: 4,
            [("initializer_range", "0.3"), ("init_fn", "normal"), ("init_std", "0.3"), ("local_attention", "6"), .. none.Where(pair => dropouts.All(own => own.Key != pair.Item1)), .. dropouts]);
        var model = NewModel.Initialize(config, 11);
        model.Training = true;
        return model;
    }

    /// <summary>Branches on every layer, the head's included, with dropout.</summary>
    private static List<NamedParameter> HangBranches(MaskedLanguageModel model)
    {
        model.Freeze();
        using var generator = new Generator(7);
        var trained = new List<NamedParameter>();
        foreach (var linear in model.Linears)
        {
            var shape = model.Parameters.Single(p => p.Name == $"{linear.Path}.weight").Value.shape;
            var (down, up) = ((randn([4, shape[1]], generator: generator) * 0.3).requires_grad_(), (randn([shape[0], 4], generator: generator) * 0.3).requires_grad_());
            linear.Branch = new LowRankBranch(linear.Path, down, up, Scale: 1, Dropout: 0.3);
            trained.AddRange([new NamedParameter($"{linear.Path}.A", down), new NamedParameter($"{linear.Path}.B", up)]);
        }

        return trained;
    }

    /// <summary>Rows of 11 to 22 tokens. Where padding sees nothing it is scored, as in supervised training.</summary>
    private static Batch Rows(MaskedLanguageModel model, int width, params int[] rows)
    {
        int[] Row(int row) => [.. Enumerable.Range(0, 11 + row * 5 % 12).Select(i => 5 + (i * (row + 3) + row) % 34)];
        var batch = DiffusionBatches.Of([.. rows.Select(Row)], [.. rows.Select(row => (long)row)], prompt: 2, extraWidth: width - rows.Max(row => Row(row).Length));
        if (model.TakesBlindTokens)
        {
            for (var i = 0; i < batch.Ids.Length; i++)
            {
                if (i % width >= batch.Lengths[i / width]) batch.Labels[i] = batch.Ids[i];
            }
        }

        return batch;
    }
}
