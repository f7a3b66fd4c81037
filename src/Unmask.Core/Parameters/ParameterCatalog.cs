using System.Reflection;

namespace Unmask.Core.Parameters;

/// <summary>All settings in the order of their declaration, found by name.</summary>
public static class ParameterCatalog
{
    /// <summary>Every setting of <see cref="TrainParameters"/>, by group and in the order of declaration.</summary>
    public static IReadOnlyList<Setting> Settings { get; } = Declared();

    private static readonly Dictionary<string, Setting> ByName = Names();

    /// <summary>The setting of this name or alias; null when there is none.</summary>
    public static Setting? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>The name closest to a misspelled one; null when none is close.</summary>
    public static string? Suggest(string misspelled) => Spelling.Nearest(misspelled, Settings.Select(setting => setting.Name));

    private static Setting[] Declared()
    {
        var defaults = new TrainParameters();
        return [.. typeof(TrainParameters).GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Select(property => (property, declared: property.GetCustomAttribute<SettingAttribute>()))
            .Where(pair => pair.declared is not null)
            .OrderBy(pair => pair.declared!.Group).ThenBy(pair => pair.property.MetadataToken)
            .Select(pair => new Setting(pair.property, pair.declared!, defaults))];
    }

    private static Dictionary<string, Setting> Names()
    {
        Dictionary<string, Setting> names = [];
        foreach (Setting setting in Settings)
        {
            names.Add(setting.Name, setting);
            if (setting.Alias is { } alias) names.Add(alias, setting);
        }

        return names;
    }
}
