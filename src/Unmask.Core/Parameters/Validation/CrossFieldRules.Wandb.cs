namespace Unmask.Core.Parameters.Validation;

public static partial class CrossFieldRules
{
    private static IEnumerable<Problem> WandbTakesNames(TrainParameters p, ValidationFacts facts)
    {
        if (!p.LogToWandb) yield break;
        (string Setting, string? Sentence)[] checks =
        [
            ("wandb_project", p.WandbProject is { } project ? WandbNames.Project("wandb_project", project) : null),
            ("wandb_entity", p.WandbEntity is { } entity ? WandbNames.Entity("wandb_entity", entity) : null),
            ("wandb_name", p.WandbName is { } name ? WandbNames.Name("wandb_name", name) : null),
            ("wandb_group", p.WandbGroup is { } group ? WandbNames.Name("wandb_group", group) : null),
            .. p.WandbTags.Select(tag => ("wandb_tags", WandbNames.Tag("wandb_tags", tag))),
        ];
        foreach (var (setting, sentence) in checks)
        {
            if (sentence is not null) yield return Problem.Error(setting, sentence);
        }
    }

    private static IEnumerable<Problem> RolesAreKnown(TrainParameters p, ValidationFacts facts)
    {
        foreach (var (name, role) in p.RoleMapping)
        {
            if (role is not string text || !MappedRoles.Contains(text.Trim(), StringComparer.Ordinal))
                yield return Problem.Error("role_mapping", $"role_mapping maps \"{name}\" to \"{role ?? "nothing"}\". It must be {Setting.Words(MappedRoles)}.");
        }
    }

    /// <summary>What a role may stand for.</summary>
    private static IReadOnlyList<string> MappedRoles { get; } = ["system", "user", "assistant", "tool", "function", "developer", "ipython", "observation"];
}
