using TorchSharp.Modules;
using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Sequences;
using Unmask.Engine.Objectives.Losses;

using static TorchSharp.torch;

namespace Unmask.Engine.Benchmarks;

/// <summary>
/// The step as a program would first write it, for comparison: the same model and data, but padded, logits at every position, cross-entropy of all
/// of them times the mask, and TorchSharp's own optimizer on the parameters as they are.
/// </summary>
internal sealed class PlainStep : IDisposable
{
    private readonly MaskedLanguageModel model;
    private readonly List<Parameter> parameters;
    private readonly optim.Optimizer optimizer;

    public PlainStep(MaskedLanguageModel model, double learningRate)
    {
        this.model = model;
        // TorchSharp's optimizers take its Parameter class: one over the same storage for each of ours, handed the gradient every step.
        parameters = [.. model.Parameters.Select(p => new Parameter(p.Value.detach(), requires_grad: true))];
        optimizer = optim.AdamW(parameters, learningRate);
    }

    /// <summary>Makes one step and gives its loss.</summary>
    public double Run(NoisedBatch noised, float[] scoredWeights)
    {
        using var scope = NewDisposeScope();
        var clean = noised.Clean;
        var weights = new float[clean.Ids.Length];
        for (var i = 0; i < scoredWeights.Length; i++) weights[noised.ScoredPositions[i]] = scoredWeights[i];

        // Padding goes through the layers like any token. No mask hides it, which spares the plain way the cost of one; so its loss differs a little.
        var hidden_ND = model.Encode(PackedSequences.FromPadded(noised.NoisedIds, clean.Width, [.. Enumerable.Repeat(clean.Width, clean.Rows)], model.Device));
        var logits_NV = model.Head(hidden_ND).to(ScalarType.Float32);
        var nll_N = nn.functional.cross_entropy(logits_NV, tensor(Array.ConvertAll(clean.Ids, id => (long)id)), reduction: nn.Reduction.None);
        var loss = (nll_N * tensor(weights)).sum();
        loss.backward();
        for (var i = 0; i < parameters.Count; i++) parameters[i].grad = model.Parameters[i].Value.grad;
        nn.utils.clip_grad_norm_(parameters, 1.0);
        optimizer.step();
        for (var i = 0; i < parameters.Count; i++)
        {
            parameters[i].grad = null;
            model.Parameters[i].Value.grad = null;
        }

        return loss.item<float>();
    }

    public void Dispose()
    {
        optimizer.Dispose();
        foreach (var parameter in parameters) parameter.Dispose();
    }
}
