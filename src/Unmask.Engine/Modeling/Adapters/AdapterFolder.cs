using Unmask.Core;
using Unmask.Core.Hub.Datasets;
using Unmask.Engine.Modeling.Adapters.Planning;
using Unmask.Engine.Modeling.Adapters.Targets;
using Unmask.Engine.Modeling.Architectures;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Engine.Modeling.Checkpoints.Safetensors;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Adapters;

/// <summary>An adapter as peft reads and writes it: adapter_config.json beside adapter_model.safetensors.</summary>
public sealed class AdapterFolder
{
    public const string ConfigFile = "adapter_config.json";

    public const string WeightsFile = "adapter_model.safetensors";

    private AdapterFolder(string path, LoraSettings settings) => (Path, Settings) = (path, settings);

    public string Path { get; }

    public LoraSettings Settings { get; }

    private string WeightsPath => System.IO.Path.Combine(Path, WeightsFile);

    /// <summary>Whether a folder holds an adapter and not a whole model.</summary>
    public static bool IsAt(string path) => File.Exists(System.IO.Path.Combine(path, ConfigFile)) && !File.Exists(System.IO.Path.Combine(path, ConfigReader.FileName));

    /// <summary>Reads adapter_config.json; no weight is touched.</summary>
    /// <exception cref="UserError">The folder or the file is missing or wrong, or asks for something that is not done here: all is named.</exception>
    public static AdapterFolder Open(string path)
    {
        var file = System.IO.Path.Combine(path, ConfigFile);
        if (!Directory.Exists(path)) throw new UserError($"The adapter folder {path} does not exist. Give a folder with {ConfigFile} and {WeightsFile}.");
        if (!File.Exists(file)) throw new UserError($"{path} has no {ConfigFile}, so it is not an adapter folder of peft. Give a folder with {ConfigFile} and {WeightsFile}.");
        return new AdapterFolder(path, AdapterConfigReader.Read(JsonInput.ReadObject(file), file));
    }

    /// <summary>
    /// Opens the base that the adapter names, an absolute path or one relative to the working directory, to the adapter's folder, or to the folder that
    /// this lies in.
    /// </summary>
    /// <exception cref="UserError">It names none, or nothing is there.</exception>
    public ModelFolder OpenBase()
    {
        if (Settings.BaseModel.Length == 0) throw new UserError($"{Path} does not say which model it belongs to (base_model_name_or_path is empty). Name the model beside the adapter.");
        if (Settings.BaseModel.Length > 4096 || Settings.BaseModel.Any(char.IsControl)) throw new UserError($"{Path} says that it belongs to a model whose name cannot be that of a folder (base_model_name_or_path in {ConfigFile}). Name the model beside the adapter.");
        var full = System.IO.Path.GetFullPath(Path);
        string[] folders = [Directory.GetCurrentDirectory(), full, System.IO.Path.GetDirectoryName(full) ?? full];
        var places = folders.Select(folder => System.IO.Path.GetFullPath(Settings.BaseModel, folder)).Distinct().ToArray();
        if (places.FirstOrDefault(place => File.Exists(System.IO.Path.Combine(place, ConfigReader.FileName))) is { } found) return ModelFolder.Open(found);
        if (HubFolders.CachedModel(Settings.BaseModel) is { } cached) return ModelFolder.Open(cached);
        string hub = HubFolders.IsOnHub(Settings.BaseModel) ? $", or bring it from the Hub with `unmask hub download {ShellWord.Quote(Settings.BaseModel)}`" : "";
        throw new UserError($"{Path} belongs to the model {Settings.BaseModel}, which is not there ({string.Join(", ", places)}). Name the folder of that model beside the adapter{hub}.");
    }

    /// <summary>Lays the adapter out for a model, by names and shapes alone.</summary>
    /// <exception cref="UserError">It belongs to another model, or its file is damaged: all that does not fit is named.</exception>
    public AdapterPlan PlanFor(ModelFolder model)
    {
        using var file = OpenWeights();
        return PlanFor(model, file, out _);
    }

    /// <summary>Loads the tensors for a model.</summary>
    /// <param name="model">The base.</param>
    /// <param name="device">Where to; the CPU when null.</param>
    /// <exception cref="UserError">The adapter belongs to another model, or its file is damaged.</exception>
    public LoraAdapter Load(ModelFolder model, Device? device = null)
    {
        using var file = OpenWeights();
        var plan = PlanFor(model, file, out var tensors);
        if (BaseIdentity.Read(Path) is { } trainedOn && model.WeightsSha256() is var present && present != trainedOn.Sha256)
        {
            throw new UserError($"{Path} was trained on other weights than those in {model.Path}: their SHA-256 is {present[..12]}…, and {BaseIdentity.FileName} says {trainedOn.Sha256[..Math.Min(12, trainedOn.Sha256.Length)]}… ({trainedOn.Path}). Use the model that it was trained on.");
        }

        return LoraAdapter.Read(plan, tensors, device ?? CPU);
    }

    /// <summary>Puts what a file that <see cref="Write"/> wrote holds into an adapter of the same layout.</summary>
    /// <param name="adapter">The adapter.</param>
    /// <param name="path">The folder.</param>
    /// <exception cref="UserError">The file is missing or damaged, or of an adapter of another layout.</exception>
    public static void ReadInto(LoraAdapter adapter, string path)
    {
        using var file = SafetensorsFile.Open(System.IO.Path.Combine(path, WeightsFile));
        var problems = adapter.Parameters.Where(parameter => !file.Contains(parameter.Name) || file[parameter.Name].Elements != parameter.Value.numel()).Select(parameter => parameter.Name).ToArray();
        if (problems.Length > 0) throw new UserError($"{file.Path} does not hold {Some(problems)} in the size that the adapter of this run has; it belongs to another run or other settings.");
        foreach (var (name, value) in adapter.Parameters) file.CopyTo(name, value);
    }

    /// <summary>Writes an adapter into an existing folder, file by file, each flushed to disk.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="adapter">The adapter.</param>
    /// <param name="trainedOn">Its base, for the check when it is loaded again; null where that is not known.</param>
    public static void Write(string path, LoraAdapter adapter, BaseIdentity? trainedOn)
    {
        using (var stream = new FileStream(System.IO.Path.Combine(path, ConfigFile), FileMode.Create, FileAccess.Write))
        {
            AdapterConfigWriter.Write(stream, adapter.Plan);
            stream.Flush(flushToDisk: true);
        }

        SafetensorsWriter.Write(System.IO.Path.Combine(path, WeightsFile), adapter.ForFile());
        trainedOn?.Write(path);
    }

    private SafetensorsFile OpenWeights()
    {
        if (File.Exists(WeightsPath)) return SafetensorsFile.Open(WeightsPath);
        var other = Directory.EnumerateFiles(Path, "adapter_model*").Select(System.IO.Path.GetFileName).FirstOrDefault();
        throw new UserError($"{Path} has no {WeightsFile}{(other is null ? "" : $"; it has {other}, which is not read: save the adapter again as safetensors")}.");
    }

    private AdapterPlan PlanFor(ModelFolder model, SafetensorsFile file, out AdapterTensors tensors)
    {
        var architecture = model.Architecture;
        if (Settings.BaseClass is { } other && other != architecture.ClassName && ModelCatalog.All.Any(entry => entry.ClassName == other))
        {
            throw new UserError($"{Path} is an adapter of {other}, but {model.Path} is {architecture.ClassName}. Use the model that it was trained on{(Settings.BaseModel.Length > 0 ? $" ({Settings.BaseModel})" : "")}.");
        }

        var modules = ModelModules.Of(architecture, model.Config);
        var found = tensors = AdapterTensors.Of(file, modules);
        var plan = WithWhatElseIsThere(AdapterPlan.Of(Settings, architecture, model.Config), modules, found);
        var specs = LoraAdapter.Specs(plan);
        var whole = plan.Saved.Where(saved => !saved.Optional).ToArray();
        var problems = new List<string>();
        string[] missing = [.. specs.Where(spec => !found.Contains(spec.Name)).Select(spec => spec.Name), .. whole.Where(saved => LoraAdapter.Stored(saved, found) is null).Select(saved => AdaptedLayer.Prefix + saved.Names[0])];
        if (missing.Length > 0) problems.Add($"{WeightsPath} lacks {missing.Length} of {specs.Count + whole.Length} tensors that the adapter has on {architecture.ClassName}: {Some(missing)}. Use the model that it was trained on, or copy the file again.");
        var known = specs.Select(spec => spec.Name).Concat(plan.Saved.SelectMany(saved => saved.Names.Select(name => AdaptedLayer.Prefix + name))).ToHashSet(StringComparer.Ordinal);
        // A head that shares the table has its branch from there; files may hold it again.
        if (plan.SharedWithHead is not null) known.UnionWith(found.Names.Where(name => name.StartsWith($"{AdaptedLayer.Prefix}{plan.HeadPath}.lora_", StringComparison.Ordinal)));
        var unknown = found.Names.Where(name => !known.Contains(name)).ToArray();
        if (unknown.Length > 0) problems.Add($"{WeightsPath} has {unknown.Length} tensors for which {model.Path} ({architecture.ClassName}) has no place: {Some(unknown)}. Use the model that it was trained on.");
        void Compare(string? name, long[] shape)
        {
            if (name is null || !found.Contains(name) || found[name].Shape.AsSpan().SequenceEqual(shape)) return;
            problems.Add($"{WeightsPath}: {name} has shape {found[name].ShapeText}, but {model.Path} with the adapter's rank needs [{string.Join(", ", shape)}]. Use the model that it was trained on.");
        }

        foreach (var spec in specs) Compare(spec.Name, spec.Shape);
        foreach (var saved in plan.Saved) Compare(LoraAdapter.Stored(saved, found), saved.Shape);
        UserError.ThrowIfAny(problems);
        var lacking = plan.Saved.Where(saved => saved.Optional && LoraAdapter.Stored(saved, found) is null).Select(saved => saved.Names[0]).ToArray();
        return lacking.Length == 0 ? plan : plan with { Warnings = [.. plan.Warnings, $"{WeightsPath} does not hold {Some(lacking)}, though its settings say that the bias is trained (bias); the base's values are used, as peft does."] };
    }

    /// <summary>Parameters of the model that the file holds without being asked for, such as embeddings that were saved along: peft puts them into the model, too.</summary>
    private static AdapterPlan WithWhatElseIsThere(AdapterPlan plan, ModelModules modules, AdapterTensors tensors)
    {
        var known = plan.Saved.SelectMany(saved => saved.Names).ToHashSet(StringComparer.Ordinal);
        var more = modules.Names.Where(pair => !known.Contains(pair.Name) && tensors.Contains(AdaptedLayer.Prefix + pair.Name)).ToArray();
        if (more.Length == 0) return plan;
        string Parameter(string parameter) => !plan.Unties && modules.TiedTo is { } table && parameter == $"{modules.Head!.Path}.weight" ? table : parameter;
        var byParameter = more.GroupBy(pair => Parameter(pair.Parameter), pair => pair.Name, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.ToArray(), StringComparer.Ordinal);
        // A second name of what is saved anyway, such as that of a head that shares the table.
        var saved = plan.Saved.Select(one => byParameter.Remove(one.Parameter, out var names) ? one with { Names = [.. names, .. one.Names] } : one).ToList();
        saved.AddRange(byParameter.Select(pair => new SavedParameter(pair.Key, [.. pair.Value.OrderBy(name => name != pair.Key)], Trained: false, Optional: true) { Shape = modules.Shapes[pair.Key] }));
        if (byParameter.Count == 0) return plan with { Saved = saved };
        return plan with { Saved = saved, Warnings = [.. plan.Warnings, $"The adapter's file brings {Some([.. byParameter.Keys])} of the model as well; they take the place of the model's own."] };
    }

    private static string Some(string[] names) => string.Join(", ", names.Take(5)) + (names.Length > 5 ? $" and {names.Length - 5} more" : "");
}
