using System.Text.Json;
using Unmask.Core.Inputs;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Unmask.Core.Parameters.Recipes;

/// <summary>Turns YAML into the value of a setting: strictly, with a sentence where it does not fit.</summary>
internal static class SettingReader
{
    /// <summary>A value does not fit; the message is the sentence.</summary>
    internal sealed class WrongValueException(string sentence) : Exception(sentence);

    /// <summary>
    /// The YAML of an override's text. The text of a scalar setting is taken as it is (a template with braces needs no quotes), unless
    /// it is quoted; lists and maps are YAML.
    /// </summary>
    public static YamlNode NodeOf(Setting setting, string text)
    {
        bool quoted = text.Length >= 2 && text[0] is '"' or '\'' && text[^1] == text[0];
        bool structured = setting.Type is SettingType.TextList or SettingType.Map && text.StartsWith('[') || setting.Type is SettingType.Map;
        if (!quoted && !structured) return new YamlScalarNode(text) { Style = ScalarStyle.Plain };
        return YamlInput.Load(text) ?? new YamlScalarNode(text) { Style = ScalarStyle.Plain };
    }

    /// <summary>The value of <paramref name="node"/> for <paramref name="setting"/>; its range is checked later.</summary>
    public static object? ValueOf(Setting setting, YamlNode node)
    {
        if (IsNull(node)) return setting.Optional ? null : throw Wrong(setting, "empty");
        switch (setting.Type)
        {
            case SettingType.TextList:
                return node is YamlSequenceNode sequence
                    ? TextList.Create([.. sequence.Children.Select(child => TextOf(setting, child))])
                    : TextList.Create([TextOf(setting, node)]);
            case SettingType.Map:
                if (node is not YamlMappingNode map) throw Wrong(setting, Shown(node));
                return new ValueMap(map.Children.Select(pair =>
                {
                    string name = pair.Key is YamlScalarNode key ? key.Value ?? "" : throw Wrong(setting, Shown(node));
                    return KeyValuePair.Create(name, Plain(pair.Value, $"{setting.Name}.{name}"));
                }));
            case SettingType.Text:
                return TextOf(setting, node);
        }

        if (node is not YamlScalarNode { Value: { } text } scalar) throw Wrong(setting, Shown(node));
        if (setting.Type == SettingType.Choice) return ChoiceOf(setting, text);
        if (scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any))
            throw new WrongValueException($"{setting.Name} is the text \"{text}\". It must be {setting.Allowed()}, without quotes.");
        return setting.Type switch
        {
            SettingType.Boolean => BooleanOf(text) ?? throw Wrong(setting, $"\"{text}\""),
            SettingType.Integer => IntegerOf(setting, text),
            _ => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : throw Wrong(setting, $"\"{text}\""),
        };
    }

    /// <summary>A scalar by YAML's own rules: bool, long, double, null, else text.</summary>
    public static object? Plain(YamlNode node, string name)
    {
        if (IsNull(node)) return null;
        if (node is not YamlScalarNode { Value: { } text } scalar)
            throw new WrongValueException($"{name} is {Shown(node)}. It must be a single value.");
        if (scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any)) return text;
        if (BooleanOf(text) is { } truth) return truth;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole)) return whole;
        return char.IsAsciiLetter(text[^1]) || !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double real) ? text : real;
    }

    private static bool IsNull(YamlNode node) =>
        node is YamlScalarNode { Style: ScalarStyle.Plain or ScalarStyle.Any, Value: null or "" or "~" or "null" or "Null" or "NULL" };

    private static bool? BooleanOf(string text) => text switch
    {
        "true" or "True" or "TRUE" => true,
        "false" or "False" or "FALSE" => false,
        _ => null,
    };

    private static string TextOf(Setting setting, YamlNode node) => node is YamlScalarNode { Value: { } text } ? text : throw Wrong(setting, Shown(node));

    private static object IntegerOf(Setting setting, string text)
    {
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole)) throw Wrong(setting, $"\"{text}\"");
        if (setting.ValueType == typeof(long)) return whole;
        if (whole is < int.MinValue or > int.MaxValue)
            throw new WrongValueException($"{setting.Name} is {text}. It must be at most {int.MaxValue.ToString(CultureInfo.InvariantCulture)}.");
        return (int)whole;
    }

    private static object ChoiceOf(Setting setting, string text)
    {
        foreach (string name in Enum.GetNames(setting.ValueType))
        {
            if (JsonNamingPolicy.SnakeCaseLower.ConvertName(name) == text) return Enum.Parse(setting.ValueType, name);
        }

        string hint = Spelling.Nearest(text, setting.Choices) is { } near ? $" (did you mean {near}?)" : "";
        throw new WrongValueException($"{setting.Name} is \"{text}\". It must be {setting.Allowed()}{hint}.");
    }

    private static WrongValueException Wrong(Setting setting, string shown) => new($"{setting.Name} is {shown}. It must be {setting.Allowed()}.");

    private static string Shown(YamlNode node) => node switch
    {
        YamlSequenceNode => "a list",
        YamlMappingNode => "a map",
        YamlScalarNode scalar => $"\"{scalar.Value}\"",
        _ => "something else",
    };
}
