using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Recipes;

namespace Unmask.Core.Tracking.Wandb;

/// <summary>A run as Weights &amp; Biases knows it.</summary>
internal sealed record WandbRun
{
    /// <summary>Its id: 8 characters unless the environment names another.</summary>
    public required string Id { get; init; }

    /// <summary>Person or team; null for the key's own.</summary>
    public string? Entity { get; init; }

    /// <summary>Project.</summary>
    public required string Project { get; init; }

    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    /// <summary>Group of runs it belongs to; null for none.</summary>
    public string? Group { get; init; }

    /// <summary>What kind of work it is; null for none.</summary>
    public string? JobType { get; init; }

    /// <summary>A text about it; null for none.</summary>
    public string? Notes { get; init; }

    /// <summary>Words to find it by.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>When its first process began.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>Every setting, as JSON by name.</summary>
    public required IReadOnlyDictionary<string, string> Config { get; init; }

    /// <summary>The run that settings and environment describe; a setting goes before a variable.</summary>
    /// <param name="parameters">The run's settings.</param>
    /// <param name="environment">Reads a variable.</param>
    /// <param name="id">The run's id here.</param>
    /// <param name="started">When its first process began.</param>
    public static WandbRun Of(TrainParameters parameters, Func<string, string?> environment, string id, DateTimeOffset started)
    {
        string? Named(string? setting, string variable) => Given(setting) ?? Given(environment(variable));
        return new()
        {
            Id = id,
            Entity = Named(parameters.WandbEntity, "WANDB_ENTITY"),
            Project = Named(parameters.WandbProject, "WANDB_PROJECT") ?? "unmask",
            Name = Named(parameters.WandbName, "WANDB_NAME") ?? parameters.AdaptorName,
            Group = Named(parameters.WandbGroup, "WANDB_RUN_GROUP"),
            JobType = Given(environment("WANDB_JOB_TYPE")) ?? "train",
            Notes = Named(parameters.WandbNotes, "WANDB_NOTES"),
            Tags = parameters.WandbTags.Count > 0 ? [.. parameters.WandbTags] : WandbEnvironment.TagsOf(environment),
            Started = started,
            Config = ConfigFile.ToDictionary(parameters).ToDictionary(pair => pair.Key, pair => WandbJson.Of(pair.Value)),
        };
    }

    private static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
