namespace Unmask.Core.Parameters.Validation;

/// <summary>Checks settings before anything heavy happens: every value by itself, what this version can do, and values together.</summary>
public static class ParameterValidation
{
    /// <summary>All problems, errors first, else in the order of the settings.</summary>
    public static IReadOnlyList<Problem> Check(TrainParameters parameters, ValidationFacts facts)
    {
        List<Problem> problems = [];
        foreach (Setting setting in ParameterCatalog.Settings.Where(setting => setting.AppliesTo(parameters)))
        {
            if (setting.Problem(setting.Of(parameters)) is { } sentence) problems.Add(Problem.Error(setting.Name, sentence));
        }

        problems.AddRange(VersionLimits.Check(parameters));

        // Rules that do arithmetic need values that are in range.
        HashSet<string?> wrong = [.. problems.Select(problem => problem.Setting)];
        foreach (CrossFieldRule rule in CrossFieldRules.All)
        {
            if (!rule.Settings.Any(wrong.Contains)) problems.AddRange(rule.Check(parameters, facts));
        }

        return [.. problems.OrderByDescending(problem => problem.Severity)];
    }
}
