using Unmask.Core.Parameters;
using Unmask.Core.Planning;
using Unmask.Engine.Modeling.Adapters.Planning;
using Unmask.Engine.Training.Preparation;

namespace Unmask.Engine.Planning;

/// <summary>Changes of settings that make a run fit into memory.</summary>
public static class MemoryRemedies
{
    /// <summary>Ways to less memory, each by itself and then together with those before it, from the one that costs least. Only those that help.</summary>
    public static IReadOnlyList<Remedy> Of(TrainParameters parameters, TrainingSubject subject, BatchLoad load, bool onGpu, long available)
    {
        AdapterPlan? Adapter(TrainParameters changed) => changed.Lora
            ? subject.Adapter ?? AdapterPlan.Of(LoraSettings.Of(changed, baseModel: ""), subject.Architecture, subject.Config)
            : null;
        long Peak(TrainParameters changed) =>
            MemoryNeeds.Of(changed, subject.Architecture, subject.Config, Adapter(changed), load.Under(parameters.BatchSize, changed), onGpu).Peak;
        var remedies = new List<Remedy>();
        var (together, settings) = (parameters, new Dictionary<string, object>());
        foreach (var (change, values) in Changes(parameters, load))
        {
            var alone = Peak(change(parameters));
            if (alone >= 0.98 * Peak(parameters)) continue;
            remedies.Add(new Remedy(values, alone, alone <= 0.9 * available));
            together = change(together);
            foreach (var (name, value) in values) settings[name] = value;
            if (settings.Count > values.Count) remedies.Add(new Remedy(new Dictionary<string, object>(settings), Peak(together), Peak(together) <= 0.9 * available));
            if (remedies[^1].Suffices) break;
        }

        return remedies;
    }

    private static IEnumerable<(Func<TrainParameters, TrainParameters> Change, Dictionary<string, object> Values)> Changes(TrainParameters p, BatchLoad load)
    {
        if (!p.ActivationCheckpointing) yield return (x => x with { ActivationCheckpointing = true }, new() { ["activation_checkpointing"] = true });
        if (p.BatchSize > 1)
        {
            var accumulation = p.GradientAccumulationSteps * p.BatchSize;
            yield return (x => x with { BatchSize = 1, GradientAccumulationSteps = accumulation }, new() { ["batch_size"] = 1, ["gradient_accumulation_steps"] = accumulation });
        }

        if (p is { NumProcesses: > 1, ZeroStage: < 2 }) yield return (x => x with { ZeroStage = 2 }, new() { ["zero_stage"] = 2 });
        if (p.Dtype == TrainDtype.Float32) yield return (x => x with { Dtype = TrainDtype.Bfloat16 }, new() { ["dtype"] = "bfloat16" });
        if (!p.Lora && !p.IsFreshModel) yield return (x => x with { Lora = true }, new() { ["lora"] = true });
        if (!p.LoadIn4bit && !p.IsFreshModel) yield return (x => x with { Lora = true, LoadIn4bit = true }, new() { ["lora"] = true, ["load_in_4bit"] = true });
        if (load.LongestRow > 64)
        {
            var shorter = load.LongestRow / 2;
            yield return (x => x with { MaxLength = shorter }, new() { ["max_length"] = shorter });
        }
    }
}
