using Unmask.Core.Parameters;
using Unmask.Core.Protocol;
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
            "Masked-diffusion training for encoders such as BERT and ModernBERT. The best start: small models train from scratch in minutes on a CPU.",
            [new("demo", "Pronunciation of English words, small model from scratch", true), new("quickstart", "The same with a larger model and a final evaluation", true), new("tiny/modernbert-chat", "Question answering, small ModernBERT", true), new("modernbert-chat", "ModernBERT chat model, published settings", false)],
            ["arXiv 2412.13663 (ModernBERT)", "arXiv 2406.07524 (masked diffusion)"]),
        new(TrainingMethod.Dream, "Dream",
            "Training for Dream models: shifted predictions (as in autoregressive models) and context-adaptive loss weights. For LoRA on Dream 7B, and for small models from scratch.",
            [new("tiny/dream-base", "Pronunciation of English words, small Dream model from scratch", true), new("tiny/dream-lora", "Spelling, LoRA adapter on that model", true), new("dream-7b-lora", "LoRA on Dream 7B, published settings", false)],
            ["arXiv 2508.15487 (Dream 7B)"]),
        new(TrainingMethod.Llada, "LLaDA",
            "Masked-diffusion training for LLaDA models. For LoRA on LLaDA 8B, with a 4-bit base when memory is short, and for small models from scratch.",
            [new("tiny/llada-base", "Pronunciation of English words, small LLaDA model from scratch", true), new("tiny/llada-4bit-lora", "LoRA adapter on that model with a 4-bit base", true), new("llada-8b-4bit-lora", "LoRA on LLaDA 8B with a 4-bit base", false)],
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
