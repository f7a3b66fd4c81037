using Unmask.Core.Data;
using Unmask.Core.Parameters;

namespace Unmask.Core.Protocol;

/// <summary>Asks for a dataset to be looked through from end to end: memory stays bounded, progress counts bytes.</summary>
/// <param name="Path">A file, a folder, a pattern, or a saved dataset.</param>
/// <param name="Format">Form of the file, where its ending does not tell.</param>
public sealed record DataInspectRequest(string Path, DatasetFormat Format = DatasetFormat.Auto) : EngineRequest<DataInspection>, IRepeatableRequest
{
    /// <summary>Settings whose columns, templates, model or vocabulary count; null to go by the columns' names alone, without tokens. Their dataset is not looked at.</summary>
    public RecipeText? Recipe { get; init; }
}
