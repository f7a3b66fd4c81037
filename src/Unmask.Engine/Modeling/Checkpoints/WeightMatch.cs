using Unmask.Engine.Modeling.Blocks;
using Unmask.Engine.Modeling.Checkpoints.Safetensors;
using Unmask.Engine.Modeling.Quantization;

namespace Unmask.Engine.Modeling.Checkpoints;

/// <summary>For each parameter of a model the tensor of its files that has it.</summary>
/// <param name="Source">Name of the parameter, and its name in the files.</param>
/// <param name="Warnings">Sentences, such as on tensors that nothing uses.</param>
internal sealed record WeightMatch(IReadOnlyDictionary<string, string> Source, IReadOnlyList<string> Warnings)
{
    private const int Few = 3;

    /// <summary>Looks up every parameter; no weight is read and nothing is reserved by what config.json says.</summary>
    /// <exception cref="UserError">Tensors are missing or of another shape.</exception>
    public static WeightMatch Of(ModelFolder folder, ModelWeights weights)
    {
        if (folder.Tied is { } tied) return folder.WithHead(Of(tied, weights));
        var (path, architecture, config) = (folder.Path, folder.Architecture, folder.Config);
        if (BitsAndBytesConfig.Problem(config.Json) is { } other) throw new UserError($"{path}: {other}");
        var names = new WeightNames(weights.Names, config.Parameters, architecture.BodyPrefix);
        var source = new Dictionary<string, string>(StringComparer.Ordinal);
        var missing = new List<string>();
        var shapes = new List<string>();
        foreach (var spec in config.Parameters)
        {
            if (names.Find(spec) is not { } name) missing.Add(spec.Name);
            else if (ShapeProblem(weights, name, spec) is { } problem) shapes.Add($"{path}: {problem}");
            else source.Add(spec.Name, name);
        }

        var problems = new List<string>();
        if (missing.Count > 0) problems.Add(Lack(folder, weights, missing, names));
        problems.AddRange(shapes.Take(Few));
        if (shapes.Count > Few) problems.Add($"{path}: {shapes.Count - Few} more tensors have another shape than {ConfigReader.FileName} asks for.");
        UserError.ThrowIfAny(problems);

        var used = source.Values.ToHashSet(StringComparer.Ordinal);
        foreach (var name in source.Values) used.UnionWith(BitsAndBytesFile.Endings.Select(ending => name + ending));
        var unknown = weights.Names.Where(name => !used.Contains(name) && !architecture.IgnoresTensor(names.Plain(name))).ToArray();
        if (AdapterTensor(unknown) is { } adapter) throw new UserError($"{path}: {adapter}");
        var warnings = new List<string>([.. folder.Notices, .. config.Notices]);
        if (names.Notice is { } notice) warnings.Add($"{path} {notice}.");
        if (unknown.Length > 0) warnings.Add($"{path} has {unknown.Length} tensors that {architecture.ClassName} does not use; ignored: {Some(unknown)}.");
        return new WeightMatch(source, warnings);
    }

    /// <summary>A few of many names.</summary>
    internal static string Some(IReadOnlyCollection<string> names) =>
        string.Join(", ", names.Take(Few)) + (names.Count > Few ? $" and {names.Count - Few} more" : "");

    private static string? ShapeProblem(ModelWeights weights, string name, ParameterSpec spec)
    {
        if (BitsAndBytesFile.Holds(weights, name)) return BitsAndBytesFile.Problem(weights, name, spec.Shape);
        return weights[name].Shape.AsSpan().SequenceEqual(spec.Shape) ? null
            : $"tensor {name} has shape {weights[name].ShapeText} in the file, but {ConfigReader.FileName} asks for [{string.Join(", ", spec.Shape)}].";
    }

    private static string Lack(ModelFolder folder, ModelWeights weights, List<string> missing, WeightNames names)
    {
        var (path, architecture, all) = (folder.Path, folder.Architecture, folder.Config.Parameters);
        if (AdapterTensor(weights.Names) is { } adapter) return $"{path}: {adapter}";
        var isHead = missing.All(name => !name.StartsWith(architecture.BodyPrefix, StringComparison.Ordinal));
        if (isHead && missing.Count < all.Count)
        {
            return $"{path} holds the layers alone ({architecture.BodyClass}), without the head that predicts tokens ({Some(missing)}). Use a folder that was saved as {architecture.ClassName}.";
        }

        var nothing = missing.Count == all.Count && weights.Names.Any() ? $" Its tensors are named {Some([.. weights.Names])}." : "";
        var more = names.Notice is { } notice && missing.Count < all.Count ? $" It {notice}." : "";
        return $"{path} lacks {missing.Count} of {all.Count} tensors of {architecture.ClassName}: {Some(missing)}.{nothing}{more} "
            + $"Check that the folder holds the whole model, saved with its head, and that {ConfigReader.FileName} is the one that belongs to it.";
    }

    private static string? AdapterTensor(IEnumerable<string> names) =>
        names.FirstOrDefault(name => name.Contains(".lora_", StringComparison.Ordinal) || name.Contains(".base_layer.", StringComparison.Ordinal)) is { } found
            ? $"tensor {found} belongs to an adapter that was not merged into the model. Merge it where it was trained (peft: merge_and_unload), or use the model and the adapter's own folder."
            : null;
}
