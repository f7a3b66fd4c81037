using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Text.Tokenizers.Files;

namespace Unmask.Engine.Modeling.Adapters;

/// <summary>A model folder with an adapter merged into its weights, which is then needed no more.</summary>
public static class AdapterMerge
{
    /// <summary>Small files that belong to a tokenizer; they are taken over together.</summary>
    private static readonly string[] TokenizerFiles =
        ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.txt", "vocab.json", "merges.txt", "chat_template.jinja"];

    /// <summary>
    /// Writes config.json and the merged weights into an existing folder: added in float32, then rounded to the type that the model is stored in; weights stored in
    /// 4 bits become plain ones.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="source">The model.</param>
    /// <param name="adapter">Its adapter.</param>
    /// <param name="passed">Called before each parameter is written with its number of values; what it throws ends the work. Null for nobody.</param>
    /// <exception cref="UserError">The adapter has what no weight of the model can hold.</exception>
    public static void Write(string folder, ModelFolder source, LoraAdapter adapter, Action<long>? passed = null)
    {
        var fitted = adapter.Plan.Fitted(source);
        adapter.RequireMergeable(fitted.Config);
        fitted.Rewrite(folder, source.StoredDtype, (name, weight) =>
        {
            passed?.Invoke(weight.numel());
            adapter.AddTo(name, weight);
        });
    }

    /// <summary>Makes a new model folder of a model and its adapter, with the tokenizer and generation_config.json of the adapter, else of the model.</summary>
    /// <param name="path">Must not exist, or be an empty folder.</param>
    /// <param name="source">The model and its adapter.</param>
    /// <param name="passed">As for <see cref="Write"/>; nothing is left when it throws.</param>
    /// <returns>Sentences on what was meant in the adapter's settings and is not there.</returns>
    /// <exception cref="UserError">They do not fit together, or the folder is not empty or cannot be written.</exception>
    public static IReadOnlyList<string> Save(string path, ModelSource source, Action<long>? passed = null)
    {
        ModelFolder.RefuseUsed(path);
        using var adapter = source.Adapter!.Load(source.Base);
        ModelFolder.Save(path, folder =>
        {
            Write(folder, source.Base, adapter, passed);
            PlainFiles.Copy(source.FolderWithTokenizer, [.. TokenizerFiles, .. ChatTemplateFiles.FurtherFiles(source.FolderWithTokenizer)], folder, source.Base.Architecture.Code);
            PlainFiles.Copy(source.FolderWith(PlainFiles.GenerationConfig), [PlainFiles.GenerationConfig], folder, source.Base.Architecture.Code);
        });
        return adapter.Plan.Warnings;
    }
}
