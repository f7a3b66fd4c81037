using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Validation;

namespace Unmask.Core.Tracking.Wandb;

/// <summary>The variables of the environment that name a run at Weights &amp; Biases.</summary>
public static class WandbEnvironment
{
    /// <summary>What Weights &amp; Biases would refuse of them, sentences; none where the run is not reported there. A setting goes before a variable.</summary>
    /// <param name="parameters">The run's settings.</param>
    /// <param name="environment">Reads a variable; null for the process's own.</param>
    public static IEnumerable<string> Problems(TrainParameters parameters, Func<string, string?>? environment = null)
    {
        environment ??= Environment.GetEnvironmentVariable;
        if (!parameters.LogToWandb || environment("WANDB_MODE")?.Trim().ToLowerInvariant() == "disabled") return [];
        string? Of(string variable, string? setting, Func<string, string, string?> check) =>
            string.IsNullOrWhiteSpace(setting) && environment(variable) is { } value && !string.IsNullOrWhiteSpace(value) ? check(variable, value) : null;

        string?[] found =
        [
            Of("WANDB_PROJECT", parameters.WandbProject, WandbNames.Project),
            Of("WANDB_ENTITY", parameters.WandbEntity, WandbNames.Entity),
            Of("WANDB_NAME", parameters.WandbName, WandbNames.Name),
            Of("WANDB_RUN_GROUP", parameters.WandbGroup, WandbNames.Name),
            Of("WANDB_JOB_TYPE", null, WandbNames.Name),
            Of("WANDB_RUN_ID", null, WandbNames.Project),
            .. parameters.WandbTags.Count > 0 ? [] : TagsOf(environment).Select(tag => WandbNames.Tag("WANDB_TAGS", tag)),
        ];
        return found.OfType<string>();
    }

    /// <summary>The tags of the environment, between commas.</summary>
    internal static string[] TagsOf(Func<string, string?> environment) => (environment("WANDB_TAGS") ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
