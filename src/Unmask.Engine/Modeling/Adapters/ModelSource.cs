using Unmask.Engine.Modeling.Checkpoints;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Adapters;

/// <summary>What a person names to write with or to train on: a model folder, alone or with an adapter.</summary>
/// <param name="Base">The model.</param>
/// <param name="Adapter">The adapter on it; null for none.</param>
public sealed record ModelSource(ModelFolder Base, AdapterFolder? Adapter)
{
    /// <summary>Opens what two paths name; no weight is touched.</summary>
    /// <param name="model">A model folder; or an adapter's, which names its model itself.</param>
    /// <param name="adapter">Folder of an adapter for that model; null for none.</param>
    /// <exception cref="UserError">Something is missing or wrong.</exception>
    public static ModelSource Open(string model, string? adapter = null)
    {
        if (!AdapterFolder.IsAt(model)) return new ModelSource(ModelFolder.Open(model), adapter is null ? null : AdapterFolder.Open(adapter));
        if (adapter is not null) throw new UserError($"{model} is an adapter itself, so the adapter {adapter} cannot be put on it. Give the model that they belong to.");
        return OfAdapter(model);
    }

    /// <summary>Opens an adapter and the model that it names.</summary>
    /// <exception cref="UserError">Something is missing or wrong.</exception>
    public static ModelSource OfAdapter(string adapter)
    {
        var opened = AdapterFolder.Open(adapter);
        return new ModelSource(opened.OpenBase(), opened);
    }

    /// <summary>The folder to read the tokenizer from: the adapter's, where it brings one.</summary>
    public string FolderWithTokenizer => FolderWith("tokenizer.json");

    /// <summary>The adapter's folder if that file is there, else the model's.</summary>
    public string FolderWith(string file) => Adapter is { } adapter && File.Exists(Path.Combine(adapter.Path, file)) ? adapter.Path : Base.Path;

    /// <summary>Loads the model, with the adapter hanging on it.</summary>
    /// <param name="device">Where to; the CPU when null.</param>
    /// <param name="dtype">Type of the model; as stored when null.</param>
    /// <param name="in4Bit">Whether to hold the weights of its linear layers in 4 bits.</param>
    /// <param name="passed">As for <see cref="ModelFolder.Load"/>.</param>
    public AdaptedModel Load(Device? device = null, ScalarType? dtype = null, bool in4Bit = false, Action<long>? passed = null)
    {
        var adapter = Adapter?.Load(Base, device);
        try
        {
            return Load(Base, adapter, device, dtype, in4Bit, passed, staysAsItIs: true);
        }
        catch
        {
            adapter?.Dispose();
            throw;
        }
    }

    /// <summary>Loads a model as an adapter needs it, and hangs the adapter on it.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="adapter">The adapter; null for none.</param>
    /// <param name="device">Where to; the CPU when null.</param>
    /// <param name="dtype">Type of the model; as stored when null.</param>
    /// <param name="in4Bit">Whether to hold the weights of its linear layers in 4 bits.</param>
    /// <param name="passed">As for <see cref="ModelFolder.Load"/>.</param>
    /// <param name="staysAsItIs">As for <see cref="LoraAdapter.HangOn"/>; else the model itself is frozen first.</param>
    internal static AdaptedModel Load(ModelFolder folder, LoraAdapter? adapter, Device? device, ScalarType? dtype, bool in4Bit, Action<long>? passed, bool staysAsItIs)
    {
        var plan = adapter?.Plan;
        plan?.Settings.Start.RequirePlain(in4Bit || folder.IsIn4Bit, folder.Path);
        var loaded = (plan?.Fitted(folder) ?? folder).Load(device, dtype, in4Bit, passed, plan?.PlainWeights);
        try
        {
            if (!staysAsItIs) loaded.Model.Freeze();
            adapter?.HangOn(loaded.Model, staysAsItIs);
            return new AdaptedModel(loaded.Model, adapter, [.. loaded.Warnings, .. plan?.Warnings ?? []]);
        }
        catch
        {
            loaded.Model.Dispose();
            throw;
        }
    }
}

/// <summary>A loaded model with the adapter that hangs on it, if any.</summary>
public sealed record AdaptedModel(MaskedLanguageModel Model, LoraAdapter? Adapter, IReadOnlyList<string> Warnings) : IDisposable
{
    public void Dispose()
    {
        Model.Dispose();
        Adapter?.Dispose();
    }
}
