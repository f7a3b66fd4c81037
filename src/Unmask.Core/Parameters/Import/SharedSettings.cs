using System.Text.RegularExpressions;

namespace Unmask.Core.Parameters.Import;

/// <summary>What Transformer Lab's trainer and the dllm library under it have in common.</summary>
internal static partial class SharedSettings
{
    private const int LongestName = 100;

    /// <summary>A model or dataset: a path, or a name on the Hub.</summary>
    public static void TakeSource(ImportDraft draft, string setting, string text, string from, string? comment = null)
    {
        if (!draft.Take(setting, text, from, comment)) return;
        if (text.Contains('$', StringComparison.Ordinal)) draft.Change($"{setting} is \"{text}\": shell variables are not filled in; write the path itself.");
        else if (IsHubName(text)) draft.Change($"{setting} is \"{text}\", a name on the Hugging Face Hub: {(text.Contains('/', StringComparison.Ordinal) ? "it is downloaded from there when the run starts, unless something of that name lies here" : "write its owner before it (owner/name), because a bare name is a path here")}.");
    }

    /// <summary>The name of the output, with what a file name cannot hold replaced.</summary>
    public static void TakeOutputName(ImportDraft draft, string text, string from)
    {
        var name = Illegal().Replace(text.Trim(), "-").Trim('-', '.', '_');
        if (name.Length > LongestName) name = name[..LongestName].TrimEnd('-', '.', '_');
        if (name.Length == 0)
        {
            draft.LeaveOut($"{from} is \"{text}\", which cannot be converted to a file name.");
            return;
        }

        draft.Take("adaptor_name", name, from);
        if (name != text) draft.Change($"{from} \"{text}\" became adaptor_name {name}, because a run's folder carries it.");
    }

    /// <summary>Loss weights; the original reads any value that begins with cart, and takes 0.3 where it finds no p.</summary>
    public static void TakeLossWeights(ImportDraft draft, string text)
    {
        const string name = "loss_weight_type";
        var weights = text.Trim() switch
        {
            "ones" => "uniform",
            var cart when cart.StartsWith("cart", StringComparison.Ordinal) && Original().Match(cart) is var found => $"cart[geo_p:{(found.Success ? found.Groups[1].Value : "0.3")}]",
            var other => other,
        };
        if (!draft.Is("training_method", "dream") && weights.StartsWith("cart", StringComparison.Ordinal))
        {
            draft.LeaveOut($"{name} is {text}, which belongs to training_method dream; with {draft.Text("training_method")} the weights are those of the scheduler, as in the original.");
            return;
        }

        draft.Take(name, weights);
        if (weights != text) draft.Change($"{name} \"{text}\" is {weights} here, which is how the original reads it.");
    }

    /// <summary>Is it a name as the Hub has them, and nothing on this disk?</summary>
    public static bool IsHubName(string text) => HubName().IsMatch(text) && !RowFile().IsMatch(text) && !Path.Exists(text);

    /// <summary>What accumulated gradients are there.</summary>
    public static void TellAccumulation(ImportDraft draft)
    {
        if (draft.Is("gradient_accumulation_steps", "1") || draft.Is("training_method", "llada")) return;
        draft.Change($"gradient_accumulation_steps is {draft.Text("gradient_accumulation_steps")}: the original adds up the gradients of ModernBERT and Dream, here they are averaged as one large batch; set accumulation_reduction to sum to repeat the original.");
    }

    public static void TellDtype(ImportDraft draft)
    {
        if (draft.Has("dtype")) draft.Change($"dtype is {draft.Text("dtype")}: there it is the format in which weights are loaded, and products are computed in bfloat16; here it is that of weights and computation (bfloat16 keeps float32 master weights).");
    }

    [GeneratedRegex(@"^[A-Za-z0-9][\w.-]*(/[\w.-]+)?$", RegexOptions.CultureInvariant)]
    private static partial Regex HubName();

    [GeneratedRegex(@"\.(jsonl?|csv|tsv|parquet|arrow|txt)$", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex RowFile();

    [GeneratedRegex("[^A-Za-z0-9._-]+", RegexOptions.CultureInvariant)]
    private static partial Regex Illegal();

    [GeneratedRegex(@"geo_p:(0\.\d+)", RegexOptions.CultureInvariant)]
    private static partial Regex Original();
}
