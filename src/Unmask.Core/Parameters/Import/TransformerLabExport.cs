using System.Text.Json;
using System.Text.Json.Nodes;
using Unmask.Core.Parameters.Recipes;

namespace Unmask.Core.Parameters.Import;

/// <summary>
/// Settings as a training template of Transformer Lab's Diffusion LLM Trainer: a task whose config holds the fields of its form as texts. What its form
/// cannot say is told in <c>notes</c>, which Transformer Lab passes over.
/// </summary>
public static class TransformerLabExport
{
    private const string Plugin = "dllm_trainer_multi_gpu";

    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true, NewLine = "\n", Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Its form has a field for each, of the same name.</summary>
    private static readonly string[] Fields =
    [
        "train_device", "gpu_ids", "training_method", "batch_size", "learning_rate_schedule", "learning_rate", "num_train_epochs", "train_steps", "max_length", "mask_prompt_loss", "load_in_4bit",
        "lora", "lora_r", "lora_alpha", "lora_dropout", "dtype", "gradient_accumulation_steps", "warmup_ratio", "logging_steps", "eval_strategy", "eval_steps", "save_steps", "num_proc", "truncation",
        "perbatch_cutoff", "resp_cutoff_ratio", "loss_weight_type", "adaptor_name", "log_to_wandb", "instruction_template", "input_template", "output_template",
    ];

    /// <summary>Settings that its task holds in another place, or that its trainer always takes as we would write them.</summary>
    private static readonly HashSet<string> Elsewhere = ["model", "dataset", "loss_norm_type", "eos_padding"];

    /// <summary>The task as JSON.</summary>
    /// <param name="name">Name of the template.</param>
    /// <param name="parameters">Its settings.</param>
    /// <param name="architecture">Class of the model, such as ModernBertForMaskedLM; null where it is not known.</param>
    public static string Write(string name, TrainParameters parameters, string? architecture)
    {
        architecture ??= parameters.Traits.UsualClass;
        var notes = Notes(parameters).ToList();
        var config = new JsonObject { ["template_name"] = name, ["plugin_name"] = Plugin, ["type"] = "LoRA", ["model_name"] = parameters.Model, ["model_architecture"] = architecture, ["dataset_name"] = parameters.Dataset };
        foreach (var field in Fields)
        {
            var setting = ParameterCatalog.Find(field)!;
            if (Text(setting, parameters) is { Length: > 0 } text) config[field] = text;
        }

        var task = new JsonObject
        {
            ["name"] = name,
            ["type"] = "TRAIN",
            ["plugin"] = Plugin,
            ["inputs"] = new JsonObject { ["model_name"] = parameters.Model, ["model_architecture"] = architecture, ["dataset_name"] = parameters.Dataset },
            ["config"] = config,
            ["outputs"] = new JsonObject { ["adaptor_name"] = parameters.AdaptorName },
        };
        if (notes.Count > 0) task["notes"] = new JsonArray([.. notes.Select(note => (JsonNode)note)]);
        return task.ToJsonString(Format) + "\n";
    }

    private static string Text(Setting setting, TrainParameters parameters) => setting.Name switch
    {
        "train_device" when parameters.TrainDevice == TrainDevice.Auto => "cuda",
        "loss_weight_type" when parameters.Traits.TakesCartWeights => parameters.ResolvedLossWeightType,
        "loss_weight_type" => "",
        _ => RecipeFields.Text(setting, setting.Of(parameters)),
    };

    private static IEnumerable<string> Notes(TrainParameters parameters)
    {
        if (parameters.IsFreshModel) yield return "The run trains from scratch, which Transformer Lab does not support; select a foundation model there.";
        if (parameters.TrainDevice == TrainDevice.Auto) yield return "train_device is auto, for which cuda is written; its form offers cuda, cpu and tpu.";
        foreach (var setting in ParameterCatalog.Settings.Where(setting => !Fields.Contains(setting.Name) && !Elsewhere.Contains(setting.Name) && setting.AppliesTo(parameters)))
        {
            if (!Equals(setting.Of(parameters), setting.Default)) yield return $"{setting.Name} is {RecipeFields.Text(setting, setting.Of(parameters)).ReplaceLineEndings(", ")}; the form of Transformer Lab has no such field.";
        }
    }
}
