using Unmask.Core.Events;
using Unmask.Core.Hub.Caching;
using Unmask.Core.Hub.Downloads;
using Unmask.Core.Hub.Http;

namespace Unmask.Core.Hub.Datasets;

/// <summary>
/// Turns what a person names into folders: what exists here is meant, whatever it looks like; else <c>owner/name</c> is one of the Hub, which is taken from the cache or
/// downloaded. The environment is read, and the Hub is asked, only where something of it is named.
/// </summary>
/// <param name="tell">Told how far a download is.</param>
/// <param name="say">Told a sentence that the person should read.</param>
/// <param name="stop">Ends a download; what came is kept.</param>
public sealed class HubFolders(Action<HubId, HubProgress> tell, Action<string> say, CancellationToken stop)
{
    /// <summary>Whose configurations are all meant where none is named.</summary>
    private const string Smoltalk = "HuggingFaceTB/smoltalk";

    /// <summary>Datasets whose configurations are joined where none is named, as in dllm.</summary>
    private static readonly string[] JoinedByDllm = ["opc-sft-stage1", "opc-sft-stage2"];

    /// <summary>Tells downloads as a phase of a run.</summary>
    public static HubFolders Telling(IEventSink events, CancellationToken stop) => new(
        (id, far) => events.Write(new PhaseChanged(Phases.Downloading, far.Left is { } left ? FormattableString.Invariant($"{id}, {Math.Ceiling(left.TotalSeconds):0} s left") : id.ToString(), far.Bytes, far.TotalBytes)),
        sentence => events.Write(new Notice(NoticeLevel.Info, sentence)),
        stop);

    /// <summary>Is it none that exists here, and may it be one of the Hub?</summary>
    public static bool IsOnHub(string text) => !Path.Exists(text) && HubId.IsLike(text);

    /// <summary>Does a dataset, or one of several that are joined, have to come from the Hub?</summary>
    public static bool HasDataOnHub(string text) =>
        IsData(text) || (!Path.Exists(text) && DatasetSpec.IsSpec(text) && IsReadable(text) && DatasetSpec.Parse(text).Any(part => part.Name is { } name && IsData(name)));

    /// <summary>Folder of a model with its weights.</summary>
    /// <exception cref="UserError">It is neither here nor on the Hub, or cannot be downloaded.</exception>
    public string Model(string text) => Folder(text, HubChoice.Model, "model");

    /// <summary>Folder of a tokenizer: a model without its weights.</summary>
    /// <exception cref="UserError">As for <see cref="Model"/>.</exception>
    public string Tokenizer(string text) => Folder(text, HubChoice.Tokenizer, "tokenizer");

    /// <summary>A dataset, or several as dllm writes them, with the folder for each one of the Hub. Row limits stay.</summary>
    /// <exception cref="UserError">As for <see cref="Model"/>.</exception>
    public string Dataset(string text)
    {
        if (!HasDataOnHub(text)) return text;
        if (!DatasetSpec.IsSpec(text)) return string.Join('+', Data(new DatasetPart(text, null, new Dictionary<string, string>())));
        return string.Join('+', DatasetSpec.Read(text).SelectMany(part => IsData(part.Name!) ? Data(part) : [part]));
    }

    /// <summary>The folder of a model that is in the cache whole, without a call; null where it is not.</summary>
    public static string? CachedModel(string text, bool withWeights = true)
    {
        if (!IsOnHub(text)) return null;
        var settings = HubSettings.FromEnvironment();
        using var hub = new HubClient(settings);
        return new HubDownload(hub, new HubCache(settings.Cache)).Cached(HubId.Parse(HubKind.Model, text), withWeights ? HubChoice.Model : HubChoice.Tokenizer)?.Folder;
    }

    private string Folder(string text, HubChoice choice, string what)
    {
        if (!IsOnHub(text)) return text;
        var id = HubId.Parse(HubKind.Model, text);
        return Noted(Asked($"There is no folder {text} here, so it is taken as a {what} of the Hub.", (hub, cache) => new HubDownload(hub, cache).Get(id, choice, far => tell(id, far), stop))).Folder;
    }

    private IReadOnlyList<DatasetPart> Data(DatasetPart part)
    {
        var id = HubId.Parse(HubKind.Dataset, part.Name!);
        // Limits are of all configurations together, which several folders cannot say.
        if (part.Config is null && part.Limits.Count == 0 && JoinedByDllm.Any(name => id.Name.EndsWith(name, StringComparison.Ordinal)))
        {
            var configs = Asked(Otherwise(part), (hub, cache) => new HubDatasets(hub, cache).Configs(id, stop)).Keys.ToList();
            if (configs.Count > 1) return [.. configs.Select(config => Data(part, id, config))];
        }

        return [Data(part, id, part.Config ?? (id.Name.EndsWith(Smoltalk, StringComparison.Ordinal) ? "all" : null))];
    }

    private DatasetPart Data(DatasetPart part, HubId id, string? config)
    {
        var got = Noted(Asked(Otherwise(part), (hub, cache) => new HubDatasets(hub, cache).Get(id, config, split: null, far => tell(id, far), stop)));
        return part with { Name = got.Folder, Options = part.Options.Where(option => option.Key != DatasetPart.ConfigKey).ToDictionary() };
    }

    private static string Otherwise(DatasetPart part) => $"There is no file or folder {part.Name} here, so it is taken as a dataset of the Hub.";

    private HubSnapshot Noted(HubSnapshot got)
    {
        if (got.Note is { } note) say(note);
        return got;
    }

    private T Asked<T>(string otherwise, Func<HubClient, HubCache, Task<T>> ask)
    {
        var settings = HubSettings.FromEnvironment();
        using var hub = new HubClient(settings, say);
        try
        {
            return ask(hub, new HubCache(settings.Cache)).GetAwaiter().GetResult();
        }
        catch (UserError error) when (HubErrors.FaultOf(error) is { } fault)
        {
            throw HubErrors.Of(fault, $"{otherwise} {error.Message}");
        }
    }

    /// <summary>A name that ends as files of rows do is one of a file.</summary>
    private static bool IsData(string text) => IsOnHub(text) && !HubChoice.HoldsRows(text);

    private static bool IsReadable(string text)
    {
        try
        {
            return DatasetSpec.Parse(text).Count > 0;
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
