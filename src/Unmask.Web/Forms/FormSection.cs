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
        new("model", "Model", "Base model to fine-tune, or a new model to train from scratch.", SettingGroup.Model),
        new("data", "Data", "Training and evaluation data, columns and templates.", SettingGroup.Data),
        new("method", "Method and device", "Diffusion objective, device and precision.", SettingGroup.Method),
        new("core", "Core", "Batch size, epochs and max length.", SettingGroup.Core),
        new("optimization", "Optimization", "Learning rate, schedule and optimizer.", SettingGroup.Optimization),
        new("objective", "Objective", "Noise schedule and loss weights.", SettingGroup.Objective),
        new("peft", "Adapter (LoRA) and 4-bit", "Parameter-efficient fine-tuning.", SettingGroup.Adapter),
        new("dream", "Dream", "Settings of the Dream trainer.", SettingGroup.Dream),
        new("evaluation", "Evaluation and samples", "Evaluation schedule and samples during training.", SettingGroup.Evaluation, SettingGroup.Samples),
        new("output", "Output and logging", "Checkpoints, logging and tracking.", SettingGroup.Output),
    ];

    /// <summary>Settings of the terminal that the workbench decides itself.</summary>
    private static readonly string[] decided = ["output_dir"];

    /// <summary>Its settings that every form shows.</summary>
    public IEnumerable<Setting> Basic => Settings.Where(setting => !setting.Advanced);

    /// <summary>Its settings that are folded away.</summary>
    public IEnumerable<Setting> Advanced => Settings.Where(setting => setting.Advanced);

    private IEnumerable<Setting> Settings => ParameterCatalog.Settings.Where(setting => Groups.Contains(setting.Group) && !decided.Contains(setting.Name));
}
