using Unmask.Text.Tokenizers.Files;

namespace Unmask.Engine.Modeling.Checkpoints;

/// <summary>The small files beside a model's weights that are taken along: JSON, text, licenses. Nothing that can execute is among them.</summary>
internal static class PlainFiles
{
    /// <summary>How a model is sampled by default.</summary>
    public const string GenerationConfig = "generation_config.json";

    private const string TokenizerConfig = "tokenizer_config.json";

    private static readonly string[] Texts = [".json", ".txt", ".jinja", ".md", ".model"];

    private static readonly string[] Names = ["LICENSE", "LICENCE", "NOTICE"];

    /// <summary>Whether a file of that name is one of them.</summary>
    public static bool IsText(string name) => Texts.Contains(Path.GetExtension(name).ToLowerInvariant()) || Names.Contains(name, StringComparer.OrdinalIgnoreCase);

    /// <summary>Those of a folder, by their paths in it.</summary>
    public static IEnumerable<string> In(string folder) => Directory.EnumerateFiles(folder).Select(file => Path.GetFileName(file)).Where(IsText).Concat(ChatTemplateFiles.FurtherFiles(folder));

    /// <summary>Copies those of the named files that are there. A tokenizer that names code beside it names it where it was published, since the code stays behind.</summary>
    /// <param name="from">Folder that they are in.</param>
    /// <param name="names">Their paths in it.</param>
    /// <param name="to">Existing folder.</param>
    /// <param name="code">Where the code of the model's architecture is published; null where transformers has it.</param>
    public static void Copy(string from, IReadOnlyCollection<string> names, string to, RemoteCode? code)
    {
        foreach (var name in names)
        {
            var (source, target) = (Path.Combine(from, name), Path.Combine(to, name));
            if (!File.Exists(source)) continue;
            if (name == TokenizerConfig && JsonInput.ReadObject(source) is var config && RemoteCode.CompleteTokenizer(config, code, from, names.Contains("tokenizer.json") && File.Exists(Path.Combine(from, "tokenizer.json"))))
            {
                File.WriteAllText(target, config.ToJsonString(new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n");
            }
            else
            {
                CopyFile(source, target);
            }
        }
    }

    private static void CopyFile(string source, string target)
    {
        using var from = InputFile.Open(source);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        using var to = new FileStream(target, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        from.CopyTo(to);
    }
}
