namespace Unmask.Core.Parameters.Import;

/// <summary>A training script of dllm's examples: which method it is of, and the defaults that it has beside the library's.</summary>
/// <param name="Method">bert, llada or dream.</param>
/// <param name="Pretrains">Joins texts instead of reading conversations.</param>
/// <param name="Defaults">Arguments it takes where the command does not give them.</param>
internal sealed record DllmScript(string Method, bool Pretrains, IReadOnlyDictionary<string, string> Defaults)
{
    /// <summary>What the library takes where neither the command nor a script says, and our settings have another default.</summary>
    public static IReadOnlyDictionary<string, string> LibraryDefaults { get; } = new Dictionary<string, string>
    {
        ["num_train_epochs"] = "10",
        ["eval_steps"] = "0.1",
        ["save_steps"] = "0.1",
    };

    private static readonly Dictionary<(string, bool), Dictionary<string, string>> Known = new()
    {
        [("bert", false)] = new()
        {
            ["model_name_or_path"] = "answerdotai/ModernBERT-large",
            ["dataset_args"] = "tatsu-lab/alpaca",
            ["max_length"] = "512",
            ["num_train_epochs"] = "20",
            ["learning_rate"] = "1e-4",
            ["per_device_train_batch_size"] = "16",
            ["group_by_length"] = "True",
        },
        [("llada", false)] = Tulu("GSAI-ML/LLaDA-8B-Base"),
        [("dream", false)] = Tulu("Dream-org/Dream-v0-Base-7B"),
        [("bert", true)] = new()
        {
            ["text_field"] = "Text",
            ["max_length"] = "128",
            ["learning_rate"] = "1e-4",
            ["per_device_train_batch_size"] = "16",
        },
        [("llada", true)] = new()
        {
            ["max_steps"] = "100000",
            ["learning_rate"] = "1e-4",
            ["gradient_accumulation_steps"] = "4",
        },
        [("dream", true)] = [],
    };

    /// <summary>Folders of other objectives and models, which have no counterpart here.</summary>
    private static readonly Dictionary<string, string> Others = new()
    {
        ["bd3lm"] = "block diffusion",
        ["editflow"] = "edit flows",
        ["rl"] = "reinforcement learning",
        ["a2d"] = "autoregressive models turned into diffusion models",
        ["fastdllm"] = "sampling",
        ["llada2"] = "LLaDA2",
    };

    /// <summary>The script at that path; null when it is none of the examples.</summary>
    /// <exception cref="UserError">It trains something that this program does not.</exception>
    public static DllmScript? At(string path)
    {
        var parts = path.ToLowerInvariant().Split('/');
        // Folders above the examples are the user's own.
        parts = parts[(Array.LastIndexOf(parts, "examples") + 1)..];
        foreach (var part in parts)
        {
            if (Others.TryGetValue(part, out var what)) throw new UserError($"{path} is a script for {what}, which unmask does not train; scripts of bert, llada and dream can be imported.");
        }

        var name = parts[^1];
        var method = new[] { "bert", "llada", "dream" }.FirstOrDefault(parts.Contains);
        if (method is null || name is not ("sft.py" or "pt.py")) return null;
        var pretrains = name == "pt.py";
        return new DllmScript(method, pretrains, Known[(method, pretrains)]);
    }

    private static Dictionary<string, string> Tulu(string model) => new()
    {
        ["model_name_or_path"] = model,
        ["dataset_args"] = "allenai/tulu-3-sft-mixture[train:10000,test:1000]",
        ["num_train_epochs"] = "5",
        ["group_by_length"] = "True",
    };
}
