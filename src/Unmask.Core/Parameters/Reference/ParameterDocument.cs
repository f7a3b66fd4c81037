using System.Text;

namespace Unmask.Core.Parameters.Reference;

/// <summary>Writes <c>docs/parameters.md</c> from the catalog.</summary>
public static class ParameterDocument
{
    private const string Preface = """
        # Settings

        Generated from `TrainParameters.cs`; do not edit.

        A recipe is a YAML file with one setting per line. `--set name=value` on the command line overrides a setting, with the same
        syntax; an entry of a map is set by `--set model_config.hidden_size=192`. Unknown names, values of the wrong type or out of
        range, and conflicting settings are errors, all reported at once before loading starts.

        Relative paths in a recipe are resolved from the folder of the recipe, then from the working directory; on the command line in
        the reverse order. `output_dir` is always resolved from the working directory.

        A run stores all its settings in `config.yaml`, which is also a recipe.

        """;

    /// <summary>The document, with line feeds only.</summary>
    public static string Write()
    {
        var text = new StringBuilder(Preface.ReplaceLineEndings("\n"));
        foreach (IGrouping<SettingGroup, Setting> group in ParameterCatalog.Settings.GroupBy(setting => setting.Group))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {group.Key}\n\n| name | default | value | meaning |\n|---|---|---|---|\n");
            foreach (Setting setting in group)
            {
                string notes = setting.Condition is { } condition ? $" Only {condition}." : "";
                if (setting.Alias is { } alias) notes += $" Also `{alias}`.";
                if (setting.Advanced) notes += " (advanced)";
                text.Append(CultureInfo.InvariantCulture, $"| `{setting.Name}` | {Default(setting)} | {Cell(setting.Allowed())} | **{Cell(setting.Title)}**. {Cell(setting.Help)}{notes} |\n");
            }
        }

        return text.ToString();
    }

    private static string Default(Setting setting) => setting.Default switch
    {
        null => "",
        TextList { Count: 0 } or ValueMap { Count: 0 } => "empty",
        TextList list => $"`{Cell(string.Join(", ", list))}`",
        object value => $"`{Cell(setting.Shown(value))}`",
    };

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
