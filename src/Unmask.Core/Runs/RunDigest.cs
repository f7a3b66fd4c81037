using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Recipes;

namespace Unmask.Core.Runs;

/// <summary>The settings of a run that a list of runs shows.</summary>
/// <param name="OutputName">The setting adaptor_name.</param>
/// <param name="Method">bert, dream or llada.</param>
/// <param name="Model">Name of the folder of the model it starts from, or of the run that made it, or e.g. "bert tiny (from scratch)".</param>
/// <param name="Dataset">Name of the dataset's file or folder; null when none is named.</param>
/// <param name="Device">The setting train_device: auto, cpu, cuda.</param>
/// <param name="GpuIds">The setting gpu_ids: auto, or numbers joined by commas.</param>
/// <param name="Kind">full or lora.</param>
public sealed record RunDigest(string OutputName, string Method, string Model, string? Dataset, string Device, string GpuIds, string Kind)
{
    /// <summary>Takes them out of the settings.</summary>
    public static RunDigest From(TrainParameters parameters) => new(
        parameters.AdaptorName,
        Word(parameters.TrainingMethod),
        parameters.Model is { } model ? ModelOf(model) : string.Join(' ', ((string?[])[parameters.ModelArchitecture, parameters.ModelSize, "(from scratch)"]).OfType<string>()),
        parameters.Dataset is { } dataset ? NameOf(dataset) : null,
        Word(parameters.TrainDevice),
        parameters.GpuIds,
        parameters.Lora ? "lora" : "full");

    /// <summary>Reads them from a config.yaml; null when it is absent or cannot be read.</summary>
    public static RunDigest? Read(string configPath) => Read(configPath, out _);

    /// <summary>Reads them from a config.yaml; a setting that is wrong has its default here, and its run will say so when it starts.</summary>
    /// <param name="configPath">The file.</param>
    /// <param name="fault">Why the file cannot be read as a whole, in a sentence; null when it can.</param>
    /// <returns>Null when it cannot be read.</returns>
    public static RunDigest? Read(string configPath, out string? fault)
    {
        try
        {
            Recipe read = Recipe.Load(configPath);
            // The file of a run holds every setting: one that holds none was torn.
            fault = read.Fault ?? (read.SetsAnything ? null : $"{configPath} holds no setting. Restore the file from a copy, or delete the run.");
            return fault is null ? From(read.Parameters) : null;
        }
        catch (UserError unreadable)
        {
            fault = unreadable.Message;
            return null;
        }
    }

    private static string ModelOf(string path) => path.Split('/', '\\') switch
    {
        [.., var run, "outputs"] => run,
        [.., var run, "outputs" or "checkpoints", var part] => $"{run} {part}",
        _ => NameOf(path),
    };

    private static string NameOf(string path) => Path.GetFileName(Path.TrimEndingDirectorySeparator(path));

    private static string Word(Enum choice) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(choice.ToString());
}
