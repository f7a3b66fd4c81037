using Unmask.Core.Planning;

namespace Unmask.Core.Protocol;

/// <summary>Asks what a run would do and take. Its rows are tokenized; they are kept for the next request that needs the same.</summary>
/// <param name="Recipe">The settings.</param>
/// <param name="Probe">Also load the model and make a few steps, for their time and true memory.</param>
public sealed record PlanRequest(RecipeText Recipe, bool Probe = false) : EngineRequest<RunForecast>, IRepeatableRequest;
