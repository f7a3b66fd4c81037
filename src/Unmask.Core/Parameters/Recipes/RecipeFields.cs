namespace Unmask.Core.Parameters.Recipes;

/// <summary>Settings as the texts of a form's fields; <see cref="Recipe.FromFields"/> reads them again.</summary>
public static class RecipeFields
{
    /// <summary>A text for every setting: a list has one entry a line, a map is YAML, nothing is the empty text.</summary>
    public static Dictionary<string, string> Of(TrainParameters parameters) => ParameterCatalog.Settings.ToDictionary(setting => setting.Name, setting => Text(setting, setting.Of(parameters)));

    /// <summary>The text of one value.</summary>
    public static string Text(Setting setting, object? value) => value switch
    {
        null => "",
        TextList list => string.Join('\n', list),
        ValueMap { Count: 0 } => "",
        ValueMap map => ConfigFile.Value(map),
        _ => setting.Shown(value),
    };

    /// <summary>The text of a field as an override has it.</summary>
    internal static string Yaml(Setting setting, string text) => setting.Type switch
    {
        SettingType.TextList => ConfigFile.Value(TextList.Create([.. text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)])),
        SettingType.Text => ConfigFile.Quoted(text.Trim()),
        _ => text.Trim(),
    };
}
