using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Unmask.Core.Parameters;

/// <summary>What kind of value a setting takes.</summary>
public enum SettingType
{
    Boolean,
    Integer,
    Number,
    Text,
    Choice,
    TextList,
    Map,
}

/// <summary>One setting of <see cref="TrainParameters"/>, as its property and its <see cref="SettingAttribute"/> declare it.</summary>
public sealed class Setting
{
    private readonly PropertyInfo property;
    private readonly SettingAttribute declared;

    internal Setting(PropertyInfo property, SettingAttribute declared, TrainParameters defaults)
    {
        this.property = property;
        this.declared = declared;
        Name = declared.Name ?? JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name);
        ValueType = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        Optional = Nullable.GetUnderlyingType(property.PropertyType) is not null
            || new NullabilityInfoContext().Create(property).WriteState == NullabilityState.Nullable;
        Type = TypeOf(ValueType);
        string[] names = ValueType.IsEnum ? Enum.GetNames(ValueType) : [];
        Choices = [.. names.Where(name => !ValueType.GetField(name)!.IsDefined(typeof(NotOfferedAttribute), inherit: false)).Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)];
        Default = Of(defaults);
    }

    /// <summary>Name in recipes, flags and config.yaml.</summary>
    public string Name { get; }

    public string? Alias => declared.Alias;

    public string Title => declared.Title;

    public string Help => declared.Help;

    public SettingGroup Group => declared.Group;

    public bool Advanced => declared.Advanced;

    public SettingScope OnlyFor => declared.OnlyFor;

    public SettingType Type { get; }

    /// <summary>May be left without a value (null).</summary>
    public bool Optional { get; }

    public object? Default { get; }

    /// <summary>The allowed words of a choice.</summary>
    public IReadOnlyList<string> Choices { get; }

    public double? Minimum => Known(declared.Minimum);

    public double? Maximum => Known(declared.Maximum);

    public double? MultipleOf => Known(declared.MultipleOf);

    public bool ExclusiveBounds => declared.Exclusive;

    public bool StepsOrFraction => declared.StepsOrFraction;

    public string? Pattern => declared.Pattern;

    public bool IsPath => declared.IsPath;

    public bool MayBeJoined => declared.MayBeJoined;

    public bool WordOrPath => declared.WordOrPath;

    internal Type ValueType { get; }

    /// <summary>The value that <paramref name="parameters"/> hold.</summary>
    public object? Of(TrainParameters parameters) => property.GetValue(parameters);

    /// <summary>Sets the value on a new record, before anyone else reads it.</summary>
    internal void Put(TrainParameters fresh, object? value) => property.SetValue(fresh, value);

    /// <summary>The value as a recipe would write it: a choice in snake_case, numbers in invariant form.</summary>
    public string Shown(object? value) => value switch
    {
        null => "empty",
        bool truth => truth ? "true" : "false",
        Enum choice => JsonNamingPolicy.SnakeCaseLower.ConvertName(choice.ToString()),
        double number => Plain(number),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    /// <summary>What is allowed, to follow "it must be".</summary>
    public string Allowed()
    {
        if (StepsOrFraction) return "a whole number of steps from 1 on, or a share of all steps between 0 and 1";
        if (declared.PatternInWords is { } words) return words;
        string kind = Type switch
        {
            SettingType.Boolean => "true or false",
            SettingType.Integer => "a whole number",
            SettingType.Number => "a number",
            SettingType.Choice => Words(Choices),
            SettingType.TextList => "a list of texts",
            SettingType.Map => "a map of names to values, such as {hidden_size: 192}",
            _ => IsPath ? "the path of a file or folder" : "a text",
        };
        return Type is SettingType.Integer or SettingType.Number && Bounds() is { } bounds ? $"{kind}{bounds}" : kind;
    }

    /// <summary>Checks one value against its own range.</summary>
    /// <returns>A sentence, or null when the value is allowed.</returns>
    public string? Problem(object? value)
    {
        if (value is null) return Optional ? null : $"{Name} is empty. It must be {Allowed()}.";
        if (value is string text)
            return Pattern is null || Regex.IsMatch(text, $"^(?:{Pattern})\\z", RegexOptions.CultureInvariant) ? null : $"{Name} is \"{text}\". It must be {Allowed()}.";
        if (Type is not (SettingType.Integer or SettingType.Number)) return null;
        double number = Convert.ToDouble(value, CultureInfo.InvariantCulture);
        string shown = Shown(value);
        if (!double.IsFinite(number)) return $"{Name} is {shown}. It must be {Allowed()}.";
        if (StepsOrFraction)
            return number > 0 && (number < 1 || number == Math.Floor(number)) && number <= int.MaxValue ? null : $"{Name} is {shown}. It must be {Allowed()}.";
        if (Minimum is { } low && (ExclusiveBounds ? number <= low : number < low))
            return $"{Name} is {shown}. It must be {(ExclusiveBounds ? "more than" : "at least")} {Plain(low)}.";
        if (Maximum is { } high && (ExclusiveBounds ? number >= high : number > high))
            return $"{Name} is {shown}. It must be {(ExclusiveBounds ? "less than" : "at most")} {Plain(high)}.";
        if (MultipleOf is { } unit && number % unit != 0)
            return $"{Name} is {shown}. It must be a multiple of {Plain(unit)}.";
        return null;
    }

    /// <summary>Does the setting have an effect with these parameters?</summary>
    public bool AppliesTo(TrainParameters parameters) => OnlyFor switch
    {
        SettingScope.Lora => parameters.Lora,
        SettingScope.Dream => parameters.Traits.CutsResponses,
        SettingScope.FreshModel => parameters.IsFreshModel,
        SettingScope.Pretraining => parameters.Pretrain,
        SettingScope.Wandb => parameters.LogToWandb,
        _ => true,
    };

    /// <summary>When it has an effect, to follow "only"; null for always.</summary>
    public string? Condition => OnlyFor switch
    {
        SettingScope.Lora => "with lora: true",
        SettingScope.Dream => "with training_method: dream",
        SettingScope.FreshModel => "when training from scratch (model is not set)",
        SettingScope.Pretraining => "with pretrain: true",
        SettingScope.Wandb => "with log_to_wandb: true",
        _ => null,
    };

    internal static string Words(IReadOnlyList<string> words) => words.Count switch
    {
        0 => "",
        1 => words[0],
        _ => $"{string.Join(", ", words.Take(words.Count - 1))} or {words[^1]}",
    };

    /// <summary>The range in words with a leading blank, or null where there is none.</summary>
    internal string? Bounds()
    {
        (string above, string below) = ExclusiveBounds ? ("more than", "less than") : ("at least", "at most");
        string? range = (Minimum, Maximum) switch
        {
            (double low, double high) => ExclusiveBounds ? $" between {Plain(low)} and {Plain(high)}, bounds excluded" : $" from {Plain(low)} to {Plain(high)}",
            (double low, null) => $" of {above} {Plain(low)}",
            (null, double high) => $" of {below} {Plain(high)}",
            _ => null,
        };
        return MultipleOf is { } unit ? $"{range}, a multiple of {Plain(unit)}" : range;
    }

    /// <summary>Shortest exact form, as people write it in a recipe: 0.25, 1000, 2e-5.</summary>
    internal static string Plain(double number) =>
        number.ToString("R", CultureInfo.InvariantCulture).Replace("E-0", "e-", StringComparison.Ordinal).Replace("E", "e", StringComparison.Ordinal);

    private static double? Known(double number) => double.IsNaN(number) ? null : number;

    private static SettingType TypeOf(Type type) => type switch
    {
        _ when type == typeof(bool) => SettingType.Boolean,
        _ when type == typeof(int) || type == typeof(long) => SettingType.Integer,
        _ when type == typeof(double) => SettingType.Number,
        _ when type == typeof(string) => SettingType.Text,
        _ when type == typeof(TextList) => SettingType.TextList,
        _ when type == typeof(ValueMap) => SettingType.Map,
        _ when type.IsEnum => SettingType.Choice,
        _ => throw new NotSupportedException($"A setting cannot have the type {type.Name}."),
    };
}
