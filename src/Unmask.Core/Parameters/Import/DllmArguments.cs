namespace Unmask.Core.Parameters.Import;

/// <summary>Arguments of dllm and of Hugging Face's Trainer that are more than a setting under another name.</summary>
internal static class DllmArguments
{
    private static readonly HashSet<string> Always =
    [
        "overwrite_output_dir", "remove_unused_columns", "attn_implementation", "disable_caching", "streaming", "ddp_find_unused_parameters", "dataloader_num_workers", "dataloader_pin_memory",
        "do_train", "do_eval", "trust_remote_code", "gradient_checkpointing_kwargs", "logging_first_step", "use_cache",
    ];

    private static readonly Dictionary<string, string> Sentences = new()
    {
        ["load_preprocessed_data"] = "rows are tokenized when a run starts; name the dataset as it was before.",
        ["deepspeed"] = "set num_processes, and zero_stage to 1 or 2 to divide the optimizer state.",
        ["fsdp"] = "set num_processes, and zero_stage to 1 or 2 to divide the optimizer state.",
        ["fsdp_config"] = "zero_stage says what is divided.",
        ["resume_from_checkpoint"] = "use `unmask train --resume RUN` to resume; dllm checkpoints have no optimizer state, but their folder can be the model.",
        ["push_to_hub"] = "nothing is sent to the Hub.",
        ["hub_model_id"] = "nothing is sent to the Hub.",
        ["hub_token"] = "nothing is sent to the Hub.",
        ["load_best_model_at_end"] = "the best checkpoint is kept (keep_best), and the last weights are the result.",
        ["metric_for_best_model"] = "the best checkpoint is that with the lowest evaluation loss.",
        ["greater_is_better"] = "the best checkpoint is that with the lowest evaluation loss.",
        ["data_seed"] = "seed starts the order of the data too.",
        ["save_only_model"] = "checkpoints always include the full state.",
        ["label_smoothing_factor"] = "dllm's loss does not use it either.",
    };

    /// <summary>Takes one argument; false when nothing is known of it.</summary>
    public static bool Take(ImportDraft draft, string name, string text, string? comment, IReadOnlyDictionary<string, string> all)
    {
        switch (name)
        {
            case "model_name_or_path":
                SharedSettings.TakeSource(draft, "model", text, name, comment);
                return true;
            case "dataset_args":
                DllmData.Take(draft, text, comment);
                return true;
            case "num_train_epochs":
                TakeEpochs(draft, text, comment);
                return true;
            case "max_steps":
                if (text.StartsWith('-')) draft.AlreadySo($"max_steps {text}");
                else draft.Take("train_steps", text, name, comment);
                return true;
            case "lr_scheduler_type":
                draft.Take("learning_rate_schedule", text.Replace("SchedulerType.", "", StringComparison.OrdinalIgnoreCase), name);
                return true;
            case "scheduler_cls" or "scheduler" or "alpha_scheduler":
                draft.Take("alpha_schedule", text.Replace("AlphaScheduler", "", StringComparison.OrdinalIgnoreCase), name);
                return true;
            case "warmup_steps":
                // From transformers 5 on a number below 1 is a share.
                var share = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var steps) && steps is > 0 and < 1;
                draft.Take(share ? "warmup_ratio" : name, text, name);
                return true;
            case "loss_weight_type":
                SharedSettings.TakeLossWeights(draft, text);
                return true;
            case "right_shift_logits":
                var shifts = ImportDraft.Truth(text) == true;
                if (shifts == draft.Is("training_method", "dream")) draft.AlreadySo($"right_shift_logits {text} for {draft.Text("training_method")}");
                else draft.LeaveOut($"right_shift_logits ({text}): the model decides that here, and models of {draft.Text("training_method")} {(shifts ? "predict each token at its own place" : "predict each token at the place before it")}.");
                return true;
            case "dtype" or "torch_dtype":
                draft.Take("dtype", text.Replace("torch.", "", StringComparison.Ordinal) switch { "bf16" => "bfloat16", "fp16" => "float16", "fp32" => "float32", var full => full }, name == "dtype" ? null : name);
                return true;
            case "fp16" when ImportDraft.Truth(text) == true && !all.ContainsKey("dtype"):
                draft.Take("dtype", "float16", name);
                return true;
            case "bf16" or "fp16" or "tf32":
                draft.LeaveOut($"{name} ({text}): dtype says how is computed here.");
                return true;
            case "use_cpu" or "no_cuda":
                if (ImportDraft.Truth(text) == true) draft.Take("train_device", "cpu", name);
                return true;
            case "report_to":
                TakeReport(draft, text);
                return true;
            case "output_dir":
                TakeOutput(draft, text.Replace('\\', '/').TrimEnd('/'));
                return true;
            case "run_name":
                if (all.ContainsKey("output_dir")) draft.LeaveOut($"run_name ({text}): a run is called by its adaptor_name, which comes from output_dir.");
                else SharedSettings.TakeOutputName(draft, text, name);
                return true;
            case "optim" when text.StartsWith("adamw", StringComparison.OrdinalIgnoreCase) && !text.Contains("8bit", StringComparison.OrdinalIgnoreCase):
            case "save_strategy" or "logging_strategy" when text == "steps":
                draft.AlreadySo($"{name} {text}");
                return true;
            case "optim":
                draft.LeaveOut($"optim ({text}): the optimizer is AdamW here.");
                return true;
            case "save_strategy" or "logging_strategy":
                draft.LeaveOut($"{name} ({text}): here it goes by steps; {(name == "save_strategy" ? "save_steps" : "logging_steps")} says how many.");
                return true;
            default:
                return false;
        }
    }

    /// <summary>An argument without a setting.</summary>
    public static void LeaveOut(ImportDraft draft, string name, string text)
    {
        if (Always.Contains(name)) draft.AlreadySo($"{name} {text}");
        else draft.LeaveOut($"{name} ({text}): {Sentences.GetValueOrDefault(name, $"there is no such setting{(ParameterCatalog.Suggest(name) is { } near ? $"; did you mean {near}?" : ".")}")}");
    }

    private static void TakeEpochs(ImportDraft draft, string text, string? comment)
    {
        const string name = "num_train_epochs";
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var epochs) && epochs != Math.Floor(epochs))
            draft.LeaveOut($"{name} ({text}): epochs are whole here; set train_steps to that share of the rows divided by the rows of a step.");
        else draft.Take(name, text, comment: comment);
    }

    private static void TakeReport(ImportDraft draft, string text)
    {
        var targets = text.Trim('[', ']').Split([' ', ','], StringSplitOptions.RemoveEmptyEntries).Select(target => target.Trim('"', '\'')).ToList();
        draft.Take("log_to_wandb", targets.Any(target => target is "wandb" or "all") ? "true" : "false", "report_to");
        foreach (var target in targets.Except(["wandb", "all", "none", "tensorboard"])) draft.LeaveOut($"report_to {target}: reports go to TensorBoard files, which are always written, and to Weights and Biases.");
    }

    private static void TakeOutput(ImportDraft draft, string text)
    {
        var cut = text.LastIndexOf('/');
        SharedSettings.TakeOutputName(draft, text[(cut + 1)..], "output_dir");
        if (cut > 0) draft.Take("output_dir", text[..cut]);
        draft.Change($"output_dir is \"{text}\": in dllm the run folder; here a folder TIME-{draft.Text("adaptor_name")} is created in {draft.Text("output_dir")} for each run, with the result in its outputs.");
    }
}
