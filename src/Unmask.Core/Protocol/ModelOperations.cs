using Unmask.Core.Models;

namespace Unmask.Core.Protocol;

/// <summary>Asks what lies in a folder, and what is wrong with it; no weight is loaded.</summary>
/// <param name="Path">A folder of a model or an adapter.</param>
/// <param name="VerifyBase">Of an adapter, also hash the weights of its model to tell whether they are those it was trained on: as long as reading them takes.</param>
public sealed record ModelInspectRequest(string Path, bool VerifyBase = false) : EngineRequest<ModelInspection>, IRepeatableRequest;

/// <summary>Asks for one model of a model and an adapter. The folder is complete, or it is not there.</summary>
/// <param name="Adapter">Folder of the adapter.</param>
/// <param name="Target">Folder to make. It must be new or empty.</param>
/// <param name="Model">The model that the adapter was trained on; null for the one that it names.</param>
public sealed record ModelMergeRequest(string Adapter, string Target, string? Model = null) : EngineRequest<ModelWritten>;

/// <summary>Asks for a copy of a model in another number format. The folder is complete, or it is not there.</summary>
/// <param name="Model">Folder of the model.</param>
/// <param name="Target">Folder to make. It must be new or empty.</param>
/// <param name="Dtype"><c>float32</c>, <c>bfloat16</c> or <c>float16</c>; null for the type it has.</param>
/// <param name="Quantization"><c>nf4</c> for linear layers in 4 bits, <c>none</c> for plain numbers; null for what it has.</param>
public sealed record ModelExportRequest(string Model, string Target, string? Dtype = null, string? Quantization = null) : EngineRequest<ModelWritten>;

/// <summary>Asks for a model or an adapter to be taken over from elsewhere, after a look at it. Only safetensors, JSON and text is taken, nothing that can execute. The folder is complete, or it is not there.</summary>
/// <param name="Path">Folder of the model or adapter.</param>
/// <param name="Target">Folder to make. It must be new or empty.</param>
/// <param name="Link">Leave the weights where they are and link to them: no room and no time is needed, but they must stay.</param>
public sealed record ModelImportRequest(string Path, string Target, bool Link = false) : EngineRequest<ModelWritten>;

/// <summary>A model that was written.</summary>
/// <param name="Path">Its folder.</param>
/// <param name="Architecture">Class name.</param>
/// <param name="Parameters">Values; of an adapter its own.</param>
/// <param name="Bytes">All bytes of its files.</param>
public sealed record ModelWritten(string Path, string Architecture, long Parameters, long Bytes)
{
    /// <summary>Files that were left out.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <summary>Sentences on what it is that a person may not have meant.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
