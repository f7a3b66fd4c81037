using Unmask.Core;
using Unmask.Engine.Models;
using Unmask.Engine.Sampling;

namespace Unmask.Engine.Adapters;

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
    public static void Write(string folder, ModelFolder source, LoraAdapter adapter) => source.Rewrite(folder, source.StoredDtype, adapter.AddTo);

    /// <summary>Makes a new model folder of a model and its adapter, with the tokenizer and generation_config.json of the adapter, else of the model.</summary>
    /// <param name="path">Must not exist, or be an empty folder.</param>
    /// <param name="source">The model and its adapter.</param>
    /// <exception cref="UserError">They do not fit together, or the folder is not empty or cannot be written.</exception>
    public static void Save(string path, ModelSource source)
    {
        ModelFolder.RefuseUsed(path);
        using var adapter = source.Adapter!.Load(source.Base);
        ModelFolder.Save(path, folder =>
        {
            Write(folder, source.Base, adapter);
            Copy(source.FolderWithTokenizer, TokenizerFiles, folder);
            Copy(source.FolderWith(GenerationConfig.FileName), [GenerationConfig.FileName], folder);
        });
    }

    private static void Copy(string from, string[] names, string to)
    {
        foreach (var name in names.Where(name => File.Exists(Path.Combine(from, name)))) File.Copy(Path.Combine(from, name), Path.Combine(to, name));
    }
}
