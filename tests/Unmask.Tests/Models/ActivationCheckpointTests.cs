using Unmask.Core.Parameters;
using Unmask.Engine.Data;
using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Architectures;
using Unmask.Engine.Modeling.Blocks;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Engine.Objectives.Losses;
using Unmask.Engine.Objectives.Mdlm;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Models;

public sealed class ActivationCheckpointTests
{
    [Theory]
    [InlineData("bert")]
    [InlineData("modernbert")]
    [InlineData("dream")]
    [InlineData("llada")]
    public void Loss_and_gradients_are_those_of_the_plain_run_to_the_bit(string architecture)
    {
        using var scope = NewDisposeScope();
        var config = NewModel.Configure(ModelCatalog.Named(architecture), "tiny", new VocabularyFacts(50) { Pad = 0, Mask = 4 });
        using var model = NewModel.Initialize(config, seed: 3);
        model.Training = true;
        Same(model, model.Parameters);
    }

    /// <summary>With a frozen base nothing that a layer is given requires grad; branches have dropout of their own.</summary>
    [Theory]
    [InlineData("bert")]
    [InlineData("modernbert")]
    [InlineData("dream")]
    [InlineData("llada")]
    public void Branches_on_a_frozen_model_train_the_same_to_the_bit(string architecture)
    {
        using var scope = NewDisposeScope();
        var config = NewModel.Configure(ModelCatalog.Named(architecture), "tiny", new VocabularyFacts(50) { Pad = 0, Mask = 4 });
        using var model = NewModel.Initialize(config, seed: 3);
        model.Freeze();
        model.Training = true;
        using var generator = new Generator(7);
        var trained = new List<NamedParameter>();
        foreach (var linear in model.Linears)
        {
            var shape = model.Parameters.Single(p => p.Name == $"{linear.Path}.weight").Value.shape;
            var (down, up) = ((randn([4, shape[1]], generator: generator) * 0.05).requires_grad_(), (randn([shape[0], 4], generator: generator) * 0.05).requires_grad_());
            linear.Branch = new LowRankBranch(linear.Path, down, up, Scale: 2, Dropout: 0.3);
            trained.AddRange([new NamedParameter($"{linear.Path}.A", down), new NamedParameter($"{linear.Path}.B", up)]);
        }

        Same(model, trained);
        Assert.All(model.Parameters, parameter => Assert.Null(parameter.Value.grad));
    }

    private static void Same(MaskedLanguageModel model, IReadOnlyList<NamedParameter> trained)
    {
        var (plainLoss, plain) = Step(model, trained, checkpointing: false);
        var (loss, gradients) = Step(model, trained, checkpointing: true);
        Assert.Equal(plainLoss, loss);
        for (var i = 0; i < trained.Count; i++) Assert.True(allclose(plain[i], gradients[i], 0, 0), trained[i].Name);
    }

    private static (double Loss, Tensor[] Gradients) Step(MaskedLanguageModel model, IReadOnlyList<NamedParameter> trained, bool checkpointing)
    {
        model.ActivationCheckpointing = checkpointing;
        int[] ids = [.. Enumerable.Range(0, 3 * 12).Select(i => 5 + i % 40)];
        var batch = new Batch
        {
            Rows = 3,
            Width = 12,
            Ids = ids,
            Labels = ids,
            Lengths = [12, 12, 12],
            ExampleIndex = [0, 1, 2],
            OrderIndex = [0, 1, 2],
            PromptLengths = [0, 0, 0],
        };
        var noised = new Corruption(new CorruptionOptions(), maskId: 4).Apply(batch, seed: 1, epoch: 0);
        var result = MaskedCrossEntropy.Backward(model, noised, Normalizer.Of([batch], LossNorm.Token).ScoredWeights(noised));
        var gradients = trained.Select(p => p.Value.grad!.clone()).ToArray();
        foreach (var parameter in trained) parameter.Value.grad = null;
        return (result.Loss, gradients);
    }
}
