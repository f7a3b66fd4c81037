namespace Unmask.Core.Models;

/// <summary>A model or an adapter that lies somewhere in a workbench.</summary>
/// <param name="Id">Its name in addresses; the same as long as it lies where it lies.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Kind"><c>model</c>, <c>adapter</c>, <c>fused</c> or <c>checkpoint</c>.</param>
/// <param name="Architecture">Class name as its config tells; null where nothing tells.</param>
/// <param name="Bytes">Size of its files.</param>
/// <param name="Written">When it was made.</param>
public sealed record StoredModel(string Id, string Name, string Kind, string? Architecture, long Bytes, DateTimeOffset Written)
{
    /// <summary>Why its folder cannot be read, in a sentence; null when it can.</summary>
    public string? Problem { get; init; }

    /// <summary>Its folder. No address holds it.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string Path { get; init; } = "";

    /// <summary>Name of the folder of the run that made it; null for one that was imported or made by hand.</summary>
    public string? Run { get; init; }

    /// <summary>Its name on the Hugging Face Hub, for one that lies in the cache of the Hub; null elsewhere.</summary>
    public string? Hub { get; init; }

    /// <summary>What it was trained from: a name, or of an adapter the path that it names; null for fresh weights, and where nothing tells.</summary>
    public string? Base { get; init; }

    /// <summary>Where that base lay. No address holds it.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string? BasePath { get; init; }

    /// <summary>How it was made, where no training did; null where nothing tells. It holds paths, so no address holds it.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public ModelOrigin? Origin { get; init; }

    /// <summary>How it was made, where no training did, in a word.</summary>
    public ModelWay? Way => Origin?.Way;

    /// <summary>Id of that base, where it lies in this workbench; null elsewhere.</summary>
    public string? BaseId { get; init; }

    /// <summary>bert, modernbert, dream or llada; null for a class of none of them.</summary>
    public string? Family => Architecture switch
    {
        "BertForMaskedLM" => "bert",
        "ModernBertForMaskedLM" => "modernbert",
        "DreamModel" => "dream",
        "LLaDAModelLM" => "llada",
        _ => null,
    };

    /// <summary>Whether it lies on another model and holds no weights of that one.</summary>
    public bool IsAdapter => Kind == "adapter";
}
