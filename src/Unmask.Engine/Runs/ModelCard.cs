using System.Text;
using Unmask.Core.Runs;
using Unmask.Core.Storage;

namespace Unmask.Engine.Runs;

/// <summary>The model card: README.md in Markdown with the metadata block that model hubs read. No path of the machine stands in it.</summary>
public static class ModelCard
{
    private const string FileName = "README.md";

    /// <summary>Settings that a reader of the card asks for first.</summary>
    private static readonly string[] Told =
    [
        "training_method", "batch_size", "gradient_accumulation_steps", "learning_rate", "learning_rate_schedule", "warmup_ratio", "max_length", "dtype", "loss_weight_type", "loss_norm_type",
        "mask_prompt_loss", "eos_padding", "seed",
    ];

    private static readonly string[] ToldOfAdapters = ["lora_r", "lora_alpha", "lora_dropout", "load_in_4bit"];

    private static readonly string[] ToldOfDream = ["perbatch_cutoff", "resp_cutoff_ratio"];

    /// <summary>Writes the card into an existing folder.</summary>
    public static void Write(Lineage lineage, string folder) => Durable.WriteFile(Path.Combine(folder, FileName), Encoding.UTF8.GetBytes(Text(lineage)));

    internal static string Text(Lineage lineage)
    {
        var card = new StringBuilder("---\n");
        void Line(string text = "") => card.Append(text).Append('\n');
        var source = lineage.Base?.Name;
        Line($"library_name: {(lineage.Kind == "adapter" ? "peft" : "transformers")}");
        Line("tags:");
        foreach (var tag in (string[])["masked-diffusion", "text-diffusion", "unmask"]) Line($"- {tag}");
        if (lineage.Kind == "adapter") Line("- lora");
        Line("---");
        Line();
        Line($"# {lineage.Name}");
        Line();
        Line(lineage.Kind switch
        {
            "adapter" => $"A LoRA adapter for the {lineage.Architecture} model {Code(source!)}, trained by masked diffusion.",
            "fused" => $"The {lineage.Architecture} model {Code(source!)} with a LoRA adapter merged into it, trained by masked diffusion.",
            _ when source is null => $"A {lineage.Architecture} model, trained from fresh weights by masked diffusion.",
            _ => $"The {lineage.Architecture} model {Code(source)}, trained further by masked diffusion.",
        });
        Line();
        Line("## How it was trained");
        Line();
        Line("| | |");
        Line("|---|---|");
        Line($"| data | {string.Join(", ", lineage.Data.Files.Select(file => Code(Path.GetFileName(file))))}: {lineage.Data.TrainRows} rows |");
        Line($"| steps | {lineage.Steps} in {TimeSpan.FromSeconds(Math.Round(lineage.TrainingSeconds))} |");
        var names = Told.Concat(lineage.Kind == "model" ? [] : ToldOfAdapters).Concat(lineage.Settings.GetValueOrDefault("training_method")?.ToString() == "dream" ? ToldOfDream : []);
        foreach (var name in names) Line($"| {name} | {Value(lineage.Settings.GetValueOrDefault(name))} |");
        Line($"| device | {lineage.Machine.GetValueOrDefault("device", "unknown")} |");
        Line($"| finished | {lineage.Finished.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)} |");
        if (lineage.Metrics.Count > 0)
        {
            Line();
            Line("## How good it is");
            Line();
            Line("| | |");
            Line("|---|---|");
            foreach (var (name, value) in lineage.Metrics) Line($"| {name} | {value.ToString("G5", CultureInfo.InvariantCulture)} |");
        }

        Line();
        Line("## How to use it");
        Line();
        Line(lineage.Kind == "adapter" ? "In this folder, with the base model where `adapter_config.json` names it:" : "In this folder:");
        Line();
        Line("```");
        Line("unmask sample --model . --prompt \"Hello\"");
        Line("unmask chat --model .");
        Line("```");
        Line();
        Line("`lineage.json` holds every setting, the SHA-256 of data and base, and the versions of the programs.");
        return card.ToString();
    }

    private static string Code(string text) => $"`{text.Replace("`", "", StringComparison.Ordinal)}`";

    private static string Value(object? value) => value switch
    {
        null => "",
        bool truth => truth ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!.Replace("|", "\\|", StringComparison.Ordinal),
    };
}
