using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Adapters;
using Unmask.Engine.Modeling.Blocks;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Engine.Modeling.Checkpoints.Safetensors;

namespace Unmask.Engine.Training.Checkpoints;

/// <summary>What a run trains, as its optimizer, its checkpoints and its outputs see it: a whole model, or an adapter on a frozen one.</summary>
public interface ITrainedWeights : IDisposable
{
    /// <summary>The model that computes, with whatever hangs on it.</summary>
    MaskedLanguageModel Model { get; }

    /// <summary>What the optimizer updates.</summary>
    IReadOnlyList<NamedParameter> Parameters { get; }

    /// <summary>Writes them into an existing folder.</summary>
    void Write(string folder);

    /// <summary>Takes back what <see cref="Write"/> wrote.</summary>
    /// <exception cref="UserError">The files are damaged, or do not belong to this run's model.</exception>
    void Read(string folder);

    /// <summary>Writes what comes out of the run into an existing empty folder.</summary>
    /// <param name="folder">Where to.</param>
    /// <param name="addFiles">Writes what else belongs into a folder, and is told what it is: <c>model</c>, <c>adapter</c> or <c>fused</c>.</param>
    /// <returns>The folder to sample from, relative to <paramref name="folder"/>: empty for itself.</returns>
    string WriteOutputs(string folder, Action<string, string> addFiles);
}

/// <summary>All weights of a model.</summary>
internal sealed class WholeModel(MaskedLanguageModel model, ModelConfig config) : ITrainedWeights
{
    public MaskedLanguageModel Model => model;

    public IReadOnlyList<NamedParameter> Parameters => model.Parameters;

    public void Write(string folder) => ModelFolder.Write(folder, model, config);

    public void Read(string folder)
    {
        using var weights = ModelWeights.Open(folder);
        foreach (var (name, value) in model.Parameters) weights.CopyTo(name, value);
    }

    public string WriteOutputs(string folder, Action<string, string> addFiles)
    {
        Write(folder);
        addFiles(folder, RunOutputs.Model);
        return "";
    }

    public void Dispose() => model.Dispose();
}

/// <summary>An adapter on a model that stays as it is.</summary>
/// <param name="adapted">The frozen model with the adapter hanging on it.</param>
/// <param name="source">Folder of that model.</param>
/// <param name="identity">What is written beside the adapter to know the model again.</param>
/// <param name="fuses">Whether the outputs hold the merged model too.</param>
internal sealed class AdapterOnBase(AdaptedModel adapted, ModelFolder source, BaseIdentity identity, bool fuses) : ITrainedWeights
{
    private readonly LoraAdapter _adapter = adapted.Adapter!;

    public MaskedLanguageModel Model => adapted.Model;

    public IReadOnlyList<NamedParameter> Parameters => _adapter.Parameters;

    public void Write(string folder) => AdapterFolder.Write(folder, _adapter, identity);

    public void Read(string folder)
    {
        if (BaseIdentity.Read(folder)?.Sha256 != identity.Sha256)
        {
            throw new UserError($"The model in {source.Path} is not the one that {folder} was trained on: its weights have changed. Restore them to resume the run, or start a new run.");
        }

        AdapterFolder.ReadInto(_adapter, folder);
    }

    public string WriteOutputs(string folder, Action<string, string> addFiles)
    {
        void Part(string name, Action<string> write)
        {
            var path = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
            write(path);
            addFiles(path, name);
        }

        Part(RunOutputs.Adapter, Write);
        if (!fuses) return RunOutputs.Adapter;
        // Merged from the stored weights, which may be more precise than those trained on.
        Part(RunOutputs.Fused, path => AdapterMerge.Write(path, source, _adapter));
        return RunOutputs.Fused;
    }

    public void Dispose() => adapted.Dispose();
}

/// <summary>The outputs of a run. Of an adapter's run these are folders in <c>outputs/</c>; the model of another run is <c>outputs/</c> itself.</summary>
internal static class RunOutputs
{
    public const string Model = "model";

    public const string Adapter = "adaptor";

    public const string Fused = "fused";
}
