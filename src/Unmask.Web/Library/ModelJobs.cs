using Unmask.Core;
using Unmask.Core.Models;
using Unmask.Core.Protocol;
using Unmask.Core.Protocol.Client;

namespace Unmask.Web.Library;

/// <summary>A model of this machine to copy in.</summary>
/// <param name="Folder">Where it lies.</param>
/// <param name="Name">What to call it; null for as its folder.</param>
/// <param name="Link">Leave the weights where they are, and link to them.</param>
public sealed record ModelImport(string Folder, string? Name = null, bool Link = false);

/// <summary>An adapter to merge.</summary>
/// <param name="Name">What to call the new model; null for a name made of its parts.</param>
/// <param name="Base">Id of the model to merge it into; null for the one that it names.</param>
public sealed record ModelMerge(string? Name = null, string? Base = null);

/// <summary>A model to copy into another number format.</summary>
/// <param name="Format"><c>float32</c>, <c>bfloat16</c>, <c>float16</c>, or <c>nf4</c> for linear layers in 4 bits.</param>
/// <param name="Name">What to call the copy; null for the model's name with the format.</param>
public sealed record ModelConversion(string Format, string? Name = null);

/// <summary>Makes new models of those that are there. A new one is whole, or it is not there.</summary>
/// <param name="store">The models.</param>
/// <param name="engine">The shared engine, for copying.</param>
/// <param name="program">How an engine of its own is started, for work that holds a whole model.</param>
public sealed class ModelJobs(ModelStore store, EngineProcess engine, UnmaskProgram program)
{
    /// <summary>Time in which cancelled work on files of many gigabytes must end.</summary>
    private static readonly TimeSpan CancelTime = TimeSpan.FromSeconds(30);

    /// <summary>The number formats that a model can be copied into.</summary>
    public static IReadOnlyList<string> Formats { get; } = ["bfloat16", "float16", "float32", "nf4"];

    /// <summary>Copies a model or an adapter of this machine in, after a look at it; nothing that can execute is taken.</summary>
    /// <exception cref="UserError">It is none that can be used, or the disk refuses.</exception>
    public Task<StoredModel> Import(ModelImport import, Action<EngineProgress> progress, CancellationToken stop)
    {
        if (string.IsNullOrWhiteSpace(import.Folder)) throw new UserError("No folder is given. Enter the folder of the model.");
        var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(import.Folder.Trim()));
        var name = Named(import.Name, Path.GetFileName(folder));
        return Make(engine, name, target => new ModelImportRequest(folder, target, import.Link), new(ModelWay.Imported, name, folder, folder, DateTimeOffset.UtcNow), progress, stop);
    }

    /// <summary>Makes one model of an adapter and its model.</summary>
    /// <exception cref="UserError">They do not fit together, or the disk refuses.</exception>
    public async Task<StoredModel> Merge(StoredModel adapter, ModelMerge merge, Action<EngineProgress> progress, CancellationToken stop)
    {
        if (!adapter.IsAdapter) throw new UserError($"{adapter.Name} is not an adapter, so there is nothing to merge.");
        var into = merge.Base is null ? null : store.Find(merge.Base) ?? throw new UserError($"The model {merge.Base} does not exist any more. Select another one.");
        var name = Named(merge.Name, $"{adapter.Name} merged");
        await using var own = new EngineProcess(program, new EngineProcessOptions { CancelTime = CancelTime });
        return await Make(own, name, target => new ModelMergeRequest(adapter.Path, target, into?.Path), new(ModelWay.Merged, name, adapter.Name, adapter.Path, DateTimeOffset.UtcNow) { Into = into?.Name }, progress, stop);
    }

    /// <summary>Copies a model into another number format.</summary>
    /// <exception cref="UserError">There is no such format, it is an adapter, or the disk refuses.</exception>
    public async Task<StoredModel> Convert(StoredModel model, ModelConversion conversion, Action<EngineProgress> progress, CancellationToken stop)
    {
        if (model.IsAdapter) throw new UserError($"{model.Name} is an adapter. Merge the adapter into its base model first, then convert the merged model.");
        if (!Formats.Contains(conversion.Format)) throw new UserError($"The format is {conversion.Format}. It must be one of {string.Join(", ", Formats)}.");
        var name = Named(conversion.Name, $"{model.Name} {conversion.Format}");
        var (dtype, quantization) = conversion.Format == "nf4" ? (null, "nf4") : (conversion.Format, "none");
        await using var own = new EngineProcess(program, new EngineProcessOptions { CancelTime = CancelTime });
        return await Make(own, name, target => new ModelExportRequest(model.Path, target, dtype, quantization),
            new(ModelWay.Converted, name, model.Name, model.Path, DateTimeOffset.UtcNow) { Format = conversion.Format }, progress, stop);
    }

    private async Task<StoredModel> Make(EngineProcess by, string name, Func<string, EngineRequest<ModelWritten>> request, ModelOrigin origin, Action<EngineProgress> progress, CancellationToken stop)
    {
        var place = store.NewPlace(name);
        try
        {
            var written = await by.AskAsync(request(place), progress, stop);
            (origin with { Warnings = written.Warnings is { Count: > 0 } told ? told : null }).Write(place);
            return store.At(place) ?? throw new UserError($"{place} is missing: the model was deleted while it was being written. Repeat the operation.");
        }
        finally
        {
            store.LetGo(place);
        }
    }

    private static string Named(string? name, string otherwise) => string.IsNullOrWhiteSpace(name) ? otherwise : name.Trim();
}
