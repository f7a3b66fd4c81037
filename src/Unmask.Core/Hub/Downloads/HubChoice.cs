using System.Text.RegularExpressions;
using Unmask.Core.Hub.Caching;
using Unmask.Core.Hub.Http;
using Unmask.Core.Inputs;

namespace Unmask.Core.Hub.Downloads;

/// <summary>Which files of a repository are wanted. Code and pickled weights never are: nothing that can execute is downloaded.</summary>
public sealed partial class HubChoice
{
    private static readonly string[] ModelEndings = [".safetensors", ".json", ".txt", ".jinja", ".model", ".md"];
    private static readonly string[] DataEndings = [".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet", ".arrow", ".feather", ".txt"];
    private static readonly string[] PickledEndings = [".bin", ".pt", ".pth", ".pkl", ".ckpt", ".h5", ".msgpack"];
    private static readonly string[] Documents = ["LICENSE", "LICENCE", "NOTICE", "USE_POLICY", "README"];

    private readonly Func<HubFile, bool> wanted;
    private readonly HubKind kind;
    private readonly bool needsWeights;
    private readonly bool needsAny;

    private HubChoice(HubKind kind, Func<HubFile, bool> wanted, bool needsWeights = false, bool needsAny = true) =>
        (this.kind, this.wanted, this.needsWeights, this.needsAny) = (kind, wanted, needsWeights, needsAny);

    /// <summary>A model to load: its weights in safetensors, its settings and its tokenizer; of copies in other folders or forms only the first.</summary>
    public static HubChoice Model { get; } = new(HubKind.Model, IsOfModel, needsWeights: true);

    /// <summary>The files of a model without its weights.</summary>
    public static HubChoice Tokenizer { get; } = new(HubKind.Model, file => IsOfModel(file) && !IsWeights(file.Path));

    /// <summary>The files with rows of a dataset, and its card.</summary>
    public static HubChoice Data { get; } = new(HubKind.Dataset, IsOfData);

    /// <summary>Files by patterns such as <c>*.json</c> or <c>data/train-*</c>, where * stands for slashes too.</summary>
    /// <param name="kind">What they are of.</param>
    /// <param name="include">At least one must match; all match where there is none.</param>
    /// <param name="exclude">None may match.</param>
    /// <exception cref="UserError">A pattern asks for what is never downloaded.</exception>
    public static HubChoice Matching(HubKind kind, IReadOnlyList<string> include, IReadOnlyList<string> exclude)
    {
        UserError.ThrowIfAny([.. include.Where(pattern => IsUnsafe(pattern)).Select(pattern => $"--include {pattern} asks for code or pickled weights, which can execute when they are loaded; unmask never downloads them.")]);
        Regex[] yes = [.. include.Select(Pattern)], no = [.. exclude.Select(Pattern)];
        var usual = kind == HubKind.Model ? Model : Data;
        bool IsWanted(HubFile file) => (yes.Length == 0 ? usual.wanted(file) : !IsUnsafe(file.Path) && yes.Any(pattern => pattern.IsMatch(file.Path))) && !no.Any(pattern => pattern.IsMatch(file.Path));
        return new HubChoice(kind, IsWanted, needsWeights: yes.Length == 0 && no.Length == 0 && usual.needsWeights);
    }

    /// <summary>Exactly these files.</summary>
    internal static HubChoice Exactly(HubKind kind, IReadOnlyCollection<string> paths) => new(kind, file => paths.Contains(file.Path), needsAny: false);

    /// <summary>Files by a rule of one's own; at least one.</summary>
    internal static HubChoice Where(HubKind kind, Func<string, bool> rule) => new(kind, file => rule(file.Path));

    /// <summary>Is it a file with rows, of a form that can be read?</summary>
    internal static bool HoldsRows(string path)
    {
        string bare = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? path[..^3] : path;
        return DataEndings.Contains(Ending(bare)) && !path.Split('/').Any(part => part.StartsWith('.')) && !IsDocument(path)
            && Path.GetFileName(path) is not ("dataset_info.json" or "dataset_infos.json" or "dataset_dict.json" or "state.json");
    }

    /// <summary>The wanted ones among the files of a commit.</summary>
    /// <exception cref="UserError">There are none, or the weights are there as pickles only.</exception>
    public IReadOnlyList<HubFile> Of(HubId id, IReadOnlyList<HubFile> files)
    {
        List<HubFile> chosen = [.. files.Where(wanted)];
        if (kind == HubKind.Model) chosen = WithoutCopies(chosen);
        bool pickled = files.Any(file => PickledEndings.Contains(Ending(file.Path)));
        if (needsWeights && pickled && !chosen.Any(file => IsWeights(file.Path)))
        {
            throw HubErrors.Of(HubFault.NoFile, $"{id} has its weights as pickles only ({files.First(file => PickledEndings.Contains(Ending(file.Path))).Path}), which can execute when they are loaded; unmask reads safetensors. Many such models have a conversion as a pull request: try {id.Name}@refs/pr/NUMBER, or convert it with the library that made it.");
        }

        if (needsAny && (chosen.Count == 0 || (this == Data && !chosen.Any(file => HoldsRows(file.Path)))))
        {
            string advice = kind == HubKind.Model ? "Name others with --include." : $"Files with rows end in {string.Join(", ", DataEndings)}.";
            throw HubErrors.Of(HubFault.NoFile, $"{id} has no file that is wanted ({files.Count} others). {advice}");
        }

        return chosen;
    }

    /// <summary>Does a snapshot that nobody listed hold a whole model: settings, every file of its weights, and a tokenizer?</summary>
    internal bool IsWhole(string snapshot) => kind == HubKind.Model && needsAny && Directory.Exists(snapshot) && CachedModel.IsWhole(snapshot, needsWeights);

    internal static bool IsWeights(string path) => Ending(path) == ".safetensors" || path.EndsWith(".safetensors.index.json", StringComparison.Ordinal);

    private static bool IsOfModel(HubFile file) => !IsUnsafe(file.Path) && (ModelEndings.Contains(Ending(file.Path)) || IsDocument(file.Path));

    /// <summary>A card alone is no dataset: <see cref="Of"/> asks for a file with rows.</summary>
    private static bool IsOfData(HubFile file) => !IsUnsafe(file.Path) && (HoldsRows(file.Path) || IsDocument(file.Path) || (Ending(file.Path) == ".json" && !file.Path.StartsWith('.')));

    /// <summary>
    /// A model's folders beside its top one hold the same in other forms (onnx, original), and so do some files of its top folder: weights for another
    /// program (consolidated), of another precision (model.fp16), or in one piece beside shards.
    /// </summary>
    private static List<HubFile> WithoutCopies(List<HubFile> files)
    {
        static bool IsTop(HubFile file) => !file.Path.Contains('/', StringComparison.Ordinal);
        if (files.Any(file => IsTop(file) && Ending(file.Path) == ".safetensors")) files = [.. files.Where(file => IsTop(file) || (file.Path.EndsWith(".jinja", StringComparison.Ordinal)))];
        bool whole = files.Any(file => file.Path == "model.safetensors");
        bool sharded = files.Any(file => Shard().IsMatch(file.Path));
        if (!whole && !sharded) return files;
        return [.. files.Where(file => !IsTop(file) || !IsWeights(file.Path) || file.Path.StartsWith("adapter_model.", StringComparison.Ordinal)
            || (whole ? file.Path == "model.safetensors" : Shard().IsMatch(file.Path) || file.Path == "model.safetensors.index.json"))];
    }

    private static bool IsUnsafe(string path) => Ending(path) is ".py" or ".pyc" or ".so" or ".dll" or ".sh" or ".exe" or ".npy" or ".npz" || PickledEndings.Contains(Ending(path));

    private static bool IsDocument(string path) => Documents.Any(name => Path.GetFileNameWithoutExtension(path).StartsWith(name, StringComparison.OrdinalIgnoreCase)) && Ending(path) is "" or ".md" or ".txt";

    private static string Ending(string path) => Path.GetExtension(path).ToLowerInvariant();

    /// <summary>As fnmatch reads patterns; one that ends in a slash means the whole folder.</summary>
    private static Regex Pattern(string pattern) => Glob.OfNames(pattern);

    [GeneratedRegex(@"^model-\d{5}-of-\d{5}\.safetensors$", RegexOptions.CultureInvariant)]
    private static partial Regex Shard();
}
