using Unmask.Core.Parameters.Recipes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Unmask.Core.Parameters.Import;

/// <summary>A recipe in the making: takes values as other programs write them, and keeps a sentence for everything that does not come over as it is.</summary>
internal sealed class ImportDraft
{
    private readonly Dictionary<string, ImportedSetting> _taken = [];
    private readonly List<string> _changed = [];
    private readonly List<string> _leftOut = [];
    private readonly List<string> _alreadySo = [];
    private readonly TrainParameters _parameters = new();

    /// <summary>What means something else here.</summary>
    public void Change(string sentence) => _changed.Add(sentence);

    /// <summary>What has no place here.</summary>
    public void LeaveOut(string sentence) => _leftOut.Add(sentence);

    /// <summary>What needs no setting, because nothing else is done here.</summary>
    public void AlreadySo(string name) => _alreadySo.Add(name);

    public bool Has(string setting) => _taken.ContainsKey(setting);

    /// <summary>The value taken for a setting, or its default, as a recipe would write it.</summary>
    public string Text(string setting)
    {
        var found = ParameterCatalog.Find(setting)!;
        return found.Shown(found.Of(_parameters));
    }

    /// <summary>Is the setting (a choice or a truth) at this value, taken or by default?</summary>
    public bool Is(string setting, string value) => Text(setting) == value;

    /// <summary>Takes a value; what cannot be read as one is left out with a sentence. What is out of range comes over: the checks of a recipe tell it.</summary>
    /// <param name="name">The setting.</param>
    /// <param name="text">The value in another program's form: True, on, 4.0, 1e3.</param>
    /// <param name="from">What the other program calls it.</param>
    /// <param name="comment">Why it is there, where another name does not tell.</param>
    public bool Take(string name, string text, string? from = null, string? comment = null)
    {
        var setting = ParameterCatalog.Find(name)!;
        object value;
        try
        {
            value = SettingReader.ValueOf(setting, NodeOf(setting, text.Trim()))!;
        }
        catch (SettingReader.WrongValueException)
        {
            LeaveOut($"{from ?? name} is \"{text}\", which {(from is null || from == name ? "it" : name)} cannot be. It must be {setting.Allowed()}.");
            return false;
        }

        setting.Put(_parameters, value);
        _taken[name] = new ImportedSetting(setting, value, comment ?? (from is null || from == name ? null : from));
        return true;
    }

    public void Drop(string name)
    {
        var setting = ParameterCatalog.Find(name)!;
        if (_taken.Remove(name)) setting.Put(_parameters, setting.Default);
    }

    /// <summary>The finished recipe, without settings that count only under a condition that does not hold.</summary>
    public ImportedRecipe Finish(string source)
    {
        var idle = _taken.Values.Where(entry => !entry.Setting.AppliesTo(_parameters)).ToList();
        foreach (var group in idle.GroupBy(entry => entry.Setting.Condition))
        {
            LeaveOut($"{string.Join(", ", group.Select(entry => $"{entry.Comment ?? entry.Setting.Name} ({entry.Setting.Shown(entry.Value)})"))} {(group.Count() == 1 ? "counts" : "count")} only {group.Key}.");
            foreach (var entry in group) Drop(entry.Setting.Name);
        }

        if (_alreadySo.Count > 0) LeaveOut($"These need no setting here: {string.Join(", ", _alreadySo)}.");
        return new ImportedRecipe(source, [.. ParameterCatalog.Settings.Where(setting => _taken.ContainsKey(setting.Name)).Select(setting => _taken[setting.Name])], _changed, _leftOut);
    }

    private static YamlNode NodeOf(Setting setting, string text) => setting.Type switch
    {
        SettingType.Boolean => Plain(Truth(text) switch { true => "true", false => "false", null => text }),
        SettingType.Integer => Plain(double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number == Math.Floor(number) && Math.Abs(number) < 1e15
            ? ((long)number).ToString(CultureInfo.InvariantCulture)
            : text),
        SettingType.Choice => Plain(text.ToLowerInvariant()),
        SettingType.TextList => new YamlSequenceNode(text.Split([',', ' ', '[', ']', '"', '\''], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Quoted)),
        SettingType.Number => Plain(text),
        _ => Quoted(text),
    };

    /// <summary>A truth as JSON, Python, forms and shells write it; null for other words.</summary>
    public static bool? Truth(string text) => text.Trim().ToLowerInvariant() switch
    {
        "true" or "yes" or "on" or "1" or "y" or "t" => true,
        "false" or "no" or "off" or "0" or "n" or "f" => false,
        _ => null,
    };

    private static YamlScalarNode Plain(string text) => new(text) { Style = ScalarStyle.Plain };

    private static YamlScalarNode Quoted(string text) => new(text) { Style = ScalarStyle.DoubleQuoted };
}
