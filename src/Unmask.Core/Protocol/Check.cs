using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Validation;

namespace Unmask.Core.Protocol;

/// <summary>Asks what is wrong with settings, with a look at the files, the model and the machine that they name; no row is read. Fast enough to ask at each change.</summary>
/// <param name="Recipe">The settings.</param>
public sealed record CheckRequest(RecipeText Recipe) : EngineRequest<CheckResult>, IRepeatableRequest;

/// <summary>What is wrong or doubtful.</summary>
/// <param name="Problems">Errors first. <see cref="Problem.Setting"/> names the field; without one it concerns the whole.</param>
public sealed record CheckResult(IReadOnlyList<Problem> Problems)
{
    /// <summary>Class name of the model that would be trained; null where it is not known.</summary>
    public string? Architecture { get; init; }

    /// <summary>The method that this class is trained by.</summary>
    public TrainingMethod? MethodOfModel { get; init; }

    /// <summary>Sizes a fresh model of the chosen architecture may have; null where the architecture is not known.</summary>
    public IReadOnlyList<string>? ModelSizes { get; init; }

    /// <summary>Whether nothing forbids the run.</summary>
    public bool CanStart => Problems.All(problem => problem.Severity != Severity.Error);
}
