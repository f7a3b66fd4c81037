using Unmask.Core.Parameters;
using Unmask.Engine.Data;
using Unmask.Engine.Diffusion;
using Unmask.Engine.Models;

using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Models;

/// <summary>Dropout draws from the process's one generator, so no other test may run beside these.</summary>
[CollectionDefinition(nameof(ActivationCheckpointTests), DisableParallelization = true)]
[Collection(nameof(ActivationCheckpointTests))]
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
        using var model = NewModel.Initialise(config, seed: 3);
        model.Training = true;
        var (plainLoss, plain) = Step(model, checkpointing: false);
        var (loss, gradients) = Step(model, checkpointing: true);
        Assert.Equal(plainLoss, loss);
        foreach (var (parameter, i) in model.Parameters.Select((p, i) => (p, i)))
        {
            Assert.True(allclose(plain[i], gradients[i], 0, 0), parameter.Name);
        }
    }

    private static (double Loss, Tensor[] Gradients) Step(MaskedLanguageModel model, bool checkpointing)
    {
        model.ActivationCheckpointing = checkpointing;
        random.manual_seed(5); // dropout: BERT's default of 0.1 is on
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
        var result = MdlmObjective.Backward(model, noised, Normalizer.Of([batch], LossNorm.Token).ScoredWeights(noised));
        var gradients = model.Parameters.Select(p => p.Value.grad!.clone()).ToArray();
        foreach (var parameter in model.Parameters) parameter.Value.grad = null;
        return (result.Loss, gradients);
    }
}
