using Unmask.Core.Parameters;
using Unmask.Core.Service;
using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Architectures;

namespace Unmask.Engine.Plugins;

/// <summary>The training methods for people: what each is, what it takes, what to begin with.</summary>
public static class MethodCatalog
{
    private sealed record Entry(TrainingMethod Method, string Title, string Summary, MethodRecipe[] Recipes, string[] Papers);

    private static readonly Entry[] Entries =
    [
        new(TrainingMethod.Bert, "BERT",
            "Teaches an encoder such as BERT or ModernBERT to write: answers come out of masks, all places at once. The smallest start: fresh models learn in minutes on a processor.",
            [new("demo", "A small model that pronounces English words, from nothing", true), new("quickstart", "The same, larger and measured", true), new("tiny/modernbert-chat", "A small ModernBERT that answers questions", true), new("modernbert-chat", "ModernBERT as a chat model, as published", false)],
            ["arXiv 2412.13663 (ModernBERT)", "arXiv 2406.07524 (masked diffusion)"]),
        new(TrainingMethod.Dream, "Dream",
            "Trains Dream models, which grew out of an autoregressive one: a token is predicted at the place before it, and tokens beside visible ones weigh more. Made for adapters on Dream 7B; fresh small models work too.",
            [new("tiny/dream-base", "A small Dream that pronounces English words, from nothing", true), new("tiny/dream-lora", "An adapter on it that spells", true), new("dream-7b-lora", "An adapter on Dream 7B, as published", false)],
            ["arXiv 2508.15487 (Dream 7B)"]),
        new(TrainingMethod.Llada, "LLaDA",
            "Trains LLaDA models: masked diffusion at the scale of large language models. Made for adapters on LLaDA 8B, in 4 bits where memory is short; fresh small models work too.",
            [new("tiny/llada-base", "A small LLaDA that pronounces English words, from nothing", true), new("tiny/llada-4bit-lora", "An adapter on it in 4 bits", true), new("llada-8b-4bit-lora", "An adapter on LLaDA 8B in 4 bits", false)],
            ["arXiv 2502.09992 (LLaDA)"]),
    ];

    /// <summary>The methods, judged for a machine.</summary>
    /// <param name="devices">Where models can compute; the first GPU is taken, else the processor. Empty where the native engine does not load.</param>
    /// <param name="broken">Why the native engine does not load; null where it does.</param>
    public static MethodList For(IReadOnlyList<ComputeDevice> devices, string? broken) => new([.. Entries.Select(entry => Card(entry, devices, broken))]);

    /// <summary>The architectures that a method takes.</summary>
    public static IEnumerable<Architecture> ArchitecturesOf(TrainingMethod method) => ModelCatalog.All.Where(architecture => architecture.Method == method);

    private static MethodCard Card(Entry entry, IReadOnlyList<ComputeDevice> devices, string? broken)
    {
        var device = devices.FirstOrDefault(one => one.Id != "cpu") ?? devices.FirstOrDefault();
        var id = entry.Method.ToString().ToLowerInvariant();
        if (device is null)
        {
            var verdict = new HardwareVerdict(HardwareLevel.Unfit, broken ?? "The native engine does not load.", "none");
            return new MethodCard(id, MethodKind.Trainer, entry.Title, entry.Summary, [.. ArchitecturesOf(entry.Method).Select(one => new MethodArchitecture(one.ClassName, one.ModelType, [], []))], verdict, entry.Recipes, entry.Papers);
        }

        var fit = new HardwareFit(device);
        var architectures = ArchitecturesOf(entry.Method).Select(fit.Of).ToArray();
        return new MethodCard(id, MethodKind.Trainer, entry.Title, entry.Summary, architectures, fit.Verdict(architectures), entry.Recipes, entry.Papers);
    }
}
