using Unmask.Engine.Modeling.Adapters.Planning;
using Unmask.Engine.Modeling.Adapters.Targets;
using Unmask.Engine.Modeling.Checkpoints.Safetensors;

namespace Unmask.Engine.Modeling.Adapters;

/// <summary>
/// The tensors of an adapter's file under the names that peft writes. Files of other ways of saving have more in them: the adapter's own name
/// (<c>lora_A.default.weight</c>), the wrappers that a model was trained in (<c>module.</c>, <c>_orig_mod.</c>), or less: no <c>base_model.model.</c> at all.
/// </summary>
internal sealed class AdapterTensors
{
    private static readonly string[] Wrappers = [AdaptedLayer.Prefix, "module.", "_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module."];

    private static readonly string[] InnerWrappers = ["_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"];

    private readonly SafetensorsFile file;
    private readonly Dictionary<string, string> stored = new(StringComparer.Ordinal);

    private AdapterTensors(SafetensorsFile file) => this.file = file;

    /// <summary>Names as peft writes them.</summary>
    public IReadOnlyCollection<string> Names => stored.Keys;

    /// <summary>Where they are.</summary>
    public string Path => file.Path;

    /// <summary>Sorts out the names of a file.</summary>
    /// <param name="file">The file, which must outlive this.</param>
    /// <param name="modules">The model that the adapter belongs to.</param>
    /// <exception cref="UserError">It holds several adapters.</exception>
    public static AdapterTensors Of(SafetensorsFile file, ModelModules modules)
    {
        var tensors = new AdapterTensors(file);
        var parameters = modules.Names.Select(pair => pair.Name).ToHashSet(StringComparer.Ordinal);
        var adapters = new SortedSet<string>(StringComparer.Ordinal);
        var plain = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in file.Entries)
        {
            if (Plain(entry.Name, parameters, adapters) is not { } name) continue;
            // Older versions of peft wrote a bias inside a whole module twice; the shorter name is the later form.
            if (!plain.TryGetValue(name, out var other) || entry.Name.Length < other.Length) plain[name] = entry.Name;
        }

        if (adapters.Count > 1) throw new UserError($"{file.Path} holds the tensors of {adapters.Count} adapters ({string.Join(", ", adapters.Take(5))}: a part of the tensors' names, as in lora_A.{adapters.First()}.weight); save each into a folder of its own.");
        var missing = MissingStart(plain.Keys, modules);
        foreach (var (name, at) in plain) tensors.stored[AdaptedLayer.Prefix + missing + name] = at;
        return tensors;
    }

    public bool Contains(string name) => stored.ContainsKey(name);

    public TensorEntry this[string name] => file[stored[name]];

    public void CopyTo(string name, TorchSharp.torch.Tensor target) => file.CopyTo(stored[name], target);

    /// <summary>A name without <see cref="AdaptedLayer.Prefix"/> as peft would write it; null for what belongs to no adapter.</summary>
    private static string? Plain(string name, HashSet<string> parameters, SortedSet<string> adapters)
    {
        while (Wrappers.FirstOrDefault(wrapper => name.StartsWith(wrapper, StringComparison.Ordinal)) is { } found) name = name[found.Length..];
        var parts = name.Split('.').Where(part => !InnerWrappers.Contains(part)).ToArray();
        var at = Array.FindIndex(parts, part => part is "lora_A" or "lora_B" or "lora_embedding_A" or "lora_embedding_B" or "lora_magnitude_vector" or "trainable_tokens_delta" or "modules_to_save" or "original_module");
        if (at < 0) return string.Join('.', parts.Where(part => part != "base_layer"));
        var (before, rest) = (string.Join('.', parts[..at]), parts[(at + 1)..]);
        string Named(string form)
        {
            if (rest.Length > 0) adapters.Add(rest[0]);
            return $"{before}.{form}";
        }

        switch (parts[at])
        {
            case "original_module":
                return null;
            case "modules_to_save":
                var whole = $"{before}.{string.Join('.', rest)}";
                if (parameters.Contains(whole) || rest.Length < 2) return whole;
                adapters.Add(rest[0]);
                return $"{before}.{string.Join('.', rest[1..])}";
            case "lora_A" or "lora_B" when rest is [.., "weight" or "bias"] && rest.Length <= 2:
                if (rest.Length == 2) adapters.Add(rest[0]);
                return $"{before}.{parts[at]}.{rest[^1]}";
            case "lora_magnitude_vector" when rest is ["weight"]:
                return $"{before}.{parts[at]}";
            case "lora_magnitude_vector" when rest is [_, "weight"]:
                return Named(parts[at]);
            case "lora_embedding_A" or "lora_embedding_B" or "lora_magnitude_vector" or "trainable_tokens_delta" when rest.Length <= 1:
                return Named(parts[at]);
            default:
                return name;
        }
    }

    /// <summary>
    /// What the names lack at their beginning: an adapter of a bare encoder (<c>encoder.layer.0…</c>) on a model that has a head (<c>bert.encoder.layer.0…</c>). Empty where some
    /// fit as they are, or where no one beginning makes all of them fit.
    /// </summary>
    private static string MissingStart(IEnumerable<string> names, ModelModules modules)
    {
        var branches = names.Select(name => name.IndexOf(".lora_", StringComparison.Ordinal) is var at and > 0 ? name[..at] : null).OfType<string>().Distinct().ToArray();
        var paths = modules.Linears.Concat(modules.Tables).Select(shape => shape.Path).ToHashSet(StringComparer.Ordinal);
        if (branches.Length == 0 || branches.Any(path => paths.Contains(path) || path == modules.Head?.Path)) return "";
        return modules.Paths.Select(path => path + ".").FirstOrDefault(start => branches.All(path => paths.Contains(start + path))) ?? "";
    }
}
