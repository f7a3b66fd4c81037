namespace Unmask.Core.Parameters.Validation;

/// <summary>A rule over several settings and facts.</summary>
/// <param name="Settings">Names of the settings whose values it uses; it is left out while one of them is wrong by itself.</param>
/// <param name="Check">The problems it finds.</param>
public sealed record CrossFieldRule(IReadOnlyList<string> Settings, Func<TrainParameters, ValidationFacts, IEnumerable<Problem>> Check);

/// <summary>The rules over several settings. A rule that lacks a fact finds nothing.</summary>
public static partial class CrossFieldRules
{
    public static IReadOnlyList<CrossFieldRule> All { get; } =
    [
        new(["dataset"], DatasetIsNamed),
        new([], InputsAreWhole),
        new(["model", "model_size", "model_architecture"], ModelIsNamed),
        new(["tokenizer", "vocabulary", "vocab_size"], VocabularyIsUsed),
        new(["training_method"], MethodFitsModel),
        new([], TokenizerFits),
        new(["num_train_epochs", "train_steps"], EpochsOrSteps),
        new(["lora", "model"], AdaptersNeedAModel),
        new(["lora_r", "lora_alpha"], AlphaFitsRank),
        new(["load_in_4bit", "lora"], QuantizedNeedsAdapters),
        new(StepSettings, StepsFit),
        new(["eval_strategy", "eval_dataset", "eval_split"], EvaluationHasRows),
        new(["learning_rate_schedule", "warmup_ratio", "warmup_steps"], WarmupFitsSchedule),
        new(["max_length", "truncation"], RowsAreLeft),
        new(["perbatch_cutoff", "resp_cutoff_ratio"], CutoffsDoNotMeet),
        new([], SettingsHaveEffect),
        new(["loss_weight_type", "training_method"], WeightsFitMethod),
        new(["gpu_ids", "train_device"], DevicesExist),
        new(["zero_stage", "deterministic", "num_processes", "gpu_ids"], ProcessesFit),
        new(["dtype"], DtypeFitsDevice),
        new(["batch_size", "max_length"], MemorySuffices),
        new(["save_total_limit", "keep_best", .. StepSettings], DiskSuffices),
        new(["learning_rate", "lora"], LearningRateIsUsual),
        new(["final_evaluation", "final_evaluation_dataset"], FinalEvaluationHasRows),
        new(["eval_on_start", "eval_strategy"], FirstEvaluationIsWanted),
        new([], WandbTakesNames),
        new([], RolesAreKnown),
        new(["sample_block_length", "sample_max_new_tokens", "sample_steps"], SamplingFits),
    ];

    /// <summary>What <see cref="StepPlan"/> computes with.</summary>
    private static string[] StepSettings => ["num_train_epochs", "train_steps", "batch_size", "gradient_accumulation_steps", "logging_steps", "eval_steps", "save_steps"];

    private static IEnumerable<Problem> InputsAreWhole(TrainParameters p, ValidationFacts facts) => facts.Inputs;

    private static IEnumerable<Problem> DatasetIsNamed(TrainParameters p, ValidationFacts _)
    {
        if (string.IsNullOrWhiteSpace(p.Dataset))
            yield return Problem.Error("dataset", "dataset is not set. Set the file or folder with the training rows, such as dataset: samples/cmudict/train.jsonl.");
    }

    private static IEnumerable<Problem> ModelIsNamed(TrainParameters p, ValidationFacts facts)
    {
        if (!p.IsFreshModel) yield break;
        if (facts.Architectures is { } known && !known.Contains(p.ModelArchitecture, StringComparer.OrdinalIgnoreCase))
        {
            string hint = Spelling.Nearest(p.ModelArchitecture, known) is { } near ? $"; did you mean {near}?" : ".";
            yield return Problem.Error("model_architecture", $"model_architecture is \"{p.ModelArchitecture}\". It must be {Setting.Words(known)}{hint}");
        }

        if (p.ModelSize is null)
        {
            string sizes = facts.ModelSizes is { Count: > 0 } some ? $" ({Setting.Words(some)})" : "";
            yield return Problem.Error("model", $"Neither model nor model_size is set. Set model to fine-tune, or a model_size{sizes} to train from scratch.");
        }
        else if (facts.ModelSizes is { } sizes && !sizes.Contains(p.ModelSize, StringComparer.OrdinalIgnoreCase))
        {
            yield return Problem.Error("model_size", $"model_size is \"{p.ModelSize}\"; for {p.ModelArchitecture} it must be {Setting.Words(sizes)}.");
        }
    }

    private static IEnumerable<Problem> VocabularyIsUsed(TrainParameters p, ValidationFacts _)
    {
        if (p.IsFreshModel && p.Tokenizer is not null && (Changed(p, "vocabulary") || Changed(p, "vocab_size")))
            yield return Problem.Warning("vocabulary", "vocabulary and vocab_size have no effect because tokenizer is set.");
    }

    private static IEnumerable<Problem> MethodFitsModel(TrainParameters p, ValidationFacts facts)
    {
        if (facts.MethodOfModel is { } method && method != p.TrainingMethod)
        {
            yield return Problem.Error("training_method",
                $"training_method is {Word(p.TrainingMethod)}, but {facts.ModelClass ?? "this model"} needs another method. Set training_method to {Word(method)}.");
        }
    }

    private static IEnumerable<Problem> TokenizerFits(TrainParameters p, ValidationFacts facts)
    {
        if (facts.Tokenizer is not { } tokenizer) yield break;
        if (tokenizer.PadId is null)
            yield return Problem.Error("tokenizer", "The tokenizer has no padding token. Set one in tokenizer_config.json (pad_token).");
        if (tokenizer.EosId is null)
            yield return Problem.Error("tokenizer", "The tokenizer has no end-of-text token. Set one in tokenizer_config.json (eos_token).");
    }

    private static IEnumerable<Problem> SettingsHaveEffect(TrainParameters p, ValidationFacts facts)
    {
        foreach (Setting setting in ParameterCatalog.Settings)
        {
            if (!setting.AppliesTo(p) && !Equals(setting.Of(p), setting.Default))
                yield return Problem.Warning(setting.Name, $"{setting.Name} has no effect. It applies only {setting.Condition}.");
        }

        if (p.Pretrain && Changed(p, "mask_prompt_loss"))
            yield return Problem.Warning("mask_prompt_loss", "mask_prompt_loss has no effect with pretrain: true, because plain text has no prompt.");
        else if (facts is { PlainTextRows: > 0 } && facts.PlainTextRows >= facts.TrainRows)
            yield return Problem.Warning("mask_prompt_loss", "The rows are plain text without a prompt, so mask_prompt_loss has no effect: whole rows are scored.");
    }

    private static IEnumerable<Problem> WeightsFitMethod(TrainParameters p, ValidationFacts _)
    {
        if (!p.Traits.TakesCartWeights && p.LossWeightType?.StartsWith("cart", StringComparison.Ordinal) == true)
            yield return Problem.Error("loss_weight_type", $"loss_weight_type {p.LossWeightType} requires training_method dream. With {Word(p.TrainingMethod)} use scheduler or uniform.");
        if (!p.Traits.TakesUniformWeights && p.LossWeightType == "uniform")
            yield return Problem.Error("loss_weight_type", $"loss_weight_type uniform is not supported with training_method {Word(p.TrainingMethod)}. Use {p.Traits.DefaultLossWeight} or scheduler.");
    }

    private static bool Changed(TrainParameters p, string name)
    {
        Setting setting = ParameterCatalog.Find(name)!;
        return !Equals(setting.Of(p), setting.Default);
    }

    private static string Word(Enum choice) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(choice.ToString());

    private static string Number(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);
}
