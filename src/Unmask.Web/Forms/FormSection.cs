using Unmask.Core.Parameters;

namespace Unmask.Web.Forms;

/// <summary>A part of the training form.</summary>
/// <param name="Id">Its anchor.</param>
/// <param name="Title">Its heading.</param>
/// <param name="Text">One sentence below the heading.</param>
/// <param name="Groups">The settings it holds.</param>
public sealed record FormSection(string Id, string Title, string Text, params SettingGroup[] Groups)
{
    /// <summary>The parts in the order of the form.</summary>
    public static IReadOnlyList<FormSection> All { get; } =
    [
        new("model", "Model", "Tune a model you have, or make a fresh one from nothing.", SettingGroup.Model),
        new("data", "Data", "The rows it learns from, and which of them it is measured on.", SettingGroup.Data),
        new("method", "Method and device", "How noise and loss work, and where the numbers are computed.", SettingGroup.Method),
        new("core", "Core", "How much it learns from, how long.", SettingGroup.Core),
        new("optimization", "Optimization", "How large its steps are.", SettingGroup.Optimization),
        new("objective", "Objective", "Noise and loss in detail.", SettingGroup.Objective),
        new("peft", "Adapter (LoRA) and 4-bit", "Train a small part instead of all weights.", SettingGroup.Adapter),
        new("dream", "Dream", "What only Dream's trainer does.", SettingGroup.Dream),
        new("evaluation", "Evaluation and samples", "What is measured and shown while it learns.", SettingGroup.Evaluation, SettingGroup.Samples),
        new("output", "Output and logging", "What is kept, and where it is reported.", SettingGroup.Output),
    ];

    /// <summary>Settings of the terminal that the workbench decides itself.</summary>
    private static readonly string[] decided = ["output_dir"];

    /// <summary>Its settings that every form shows.</summary>
    public IEnumerable<Setting> Basic => Settings.Where(setting => !setting.Advanced);

    /// <summary>Its settings that are folded away.</summary>
    public IEnumerable<Setting> Advanced => Settings.Where(setting => setting.Advanced);

    private IEnumerable<Setting> Settings => ParameterCatalog.Settings.Where(setting => Groups.Contains(setting.Group) && !decided.Contains(setting.Name));
}
