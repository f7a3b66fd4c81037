namespace Unmask.Core.Parameters;

/// <summary>Where a setting stands in the form and in the documentation.</summary>
public enum SettingGroup
{
    Model,
    Data,
    Method,
    Core,
    Optimization,
    Objective,
    Adapter,
    Dream,
    Evaluation,
    Samples,
    Output,
}

/// <summary>When a setting has an effect. Elsewhere its range is not checked, and changing it brings a warning.</summary>
public enum SettingScope
{
    Always,

    /// <summary>Only when <c>lora</c> is on.</summary>
    Lora,

    /// <summary>Only with <c>training_method: dream</c>.</summary>
    Dream,

    /// <summary>Only when no <c>model</c> is named, so that a fresh one is made.</summary>
    FreshModel,

    /// <summary>Only with <c>pretrain: true</c>.</summary>
    Pretraining,

    /// <summary>Only with <c>log_to_wandb: true</c>.</summary>
    Wandb,
}

/// <summary>
/// Everything about one setting that its property does not say by itself (its name is the property's in snake_case, its type
/// is the property's type, its default is the property's initial value).
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SettingAttribute(SettingGroup group, string title, string help) : Attribute
{
    public SettingGroup Group { get; } = group;

    /// <summary>Label of the field.</summary>
    public string Title { get; } = title;

    /// <summary>One or two sentences: what it does, when to change it.</summary>
    public string Help { get; } = help;

    /// <summary>Hidden from the short form.</summary>
    public bool Advanced { get; init; }

    public SettingScope OnlyFor { get; init; }

    /// <summary>Lowest allowed number; NaN for none.</summary>
    public double Minimum { get; init; } = double.NaN;

    /// <summary>Highest allowed number; NaN for none.</summary>
    public double Maximum { get; init; } = double.NaN;

    /// <summary>The bounds themselves are not allowed.</summary>
    public bool Exclusive { get; init; }

    /// <summary>The number must be a multiple of this; NaN for any.</summary>
    public double MultipleOf { get; init; } = double.NaN;

    /// <summary>A fraction of all steps in (0,1), or a whole number of steps from 1 on.</summary>
    public bool StepsOrFraction { get; init; }

    /// <summary>A regular expression for the whole text.</summary>
    public string? Pattern { get; init; }

    /// <summary>The pattern in words, for the error sentence: "it must be ...".</summary>
    public string? PatternInWords { get; init; }

    /// <summary>A file or folder; in a recipe it may be relative (see <c>RecipePaths</c>).</summary>
    public bool IsPath { get; init; }

    /// <summary>Datasets: several may be joined, with row limits (see <see cref="Hub.Datasets.DatasetSpec"/>).</summary>
    public bool MayBeJoined { get; init; }

    /// <summary>The name in recipes where it is not the property's in snake_case.</summary>
    public string? Name { get; init; }

    /// <summary>A word, or the path of a file: a path is resolved only where something is there.</summary>
    public bool WordOrPath { get; init; }

    /// <summary>Another name under which recipes may give it.</summary>
    public string? Alias { get; init; }
}
