namespace Unmask.Core.Parameters.Recipes;

/// <summary>A setting that has not the same value in two sets of settings.</summary>
/// <param name="Setting">Which.</param>
/// <param name="Before">Its value in the one, as text; empty for none.</param>
/// <param name="After">Its value in the other.</param>
public sealed record SettingDifference(Setting Setting, string Before, string After)
{
    /// <summary>All settings that differ, in the order of the settings.</summary>
    /// <param name="before">The one.</param>
    /// <param name="after">The other.</param>
    public static IReadOnlyList<SettingDifference> Between(TrainParameters before, TrainParameters after) =>
        [.. ParameterCatalog.Settings.Select(setting => new SettingDifference(setting, RecipeFields.Text(setting, setting.Of(before)), RecipeFields.Text(setting, setting.Of(after)))).Where(one => one.Before != one.After)];
}
