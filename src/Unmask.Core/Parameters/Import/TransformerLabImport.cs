namespace Unmask.Core.Parameters.Import;

/// <summary>
/// Training templates of Transformer Lab's Diffusion LLM Trainer. Settings have their names here; what its trainer always did and our defaults do not is set, and
/// what it did by mistake is not repeated but told.
/// </summary>
internal static class TransformerLabImport
{
    /// <summary>The fields of the trainer's form, and those that its code reads beside, that are settings of the same name.</summary>
    private static readonly HashSet<string> Same =
    [
        "train_device", "gpu_ids", "training_method", "batch_size", "learning_rate_schedule", "learning_rate", "num_train_epochs", "train_steps", "max_steps", "max_length",
        "mask_prompt_loss", "load_in_4bit", "lora", "lora_r", "lora_alpha", "lora_dropout", "dtype", "gradient_accumulation_steps", "warmup_ratio", "logging_steps",
        "eval_strategy", "eval_steps", "save_steps", "num_proc", "truncation", "perbatch_cutoff", "resp_cutoff_ratio", "log_to_wandb", "target_modules", "bias", "seed",
    ];

    private static readonly Dictionary<string, string> Meaningless = new()
    {
        ["type"] = "type: Transformer Lab writes LoRA into every training template; lora decides whether adapters are trained.",
        ["model_architecture"] = "model_architecture: the architecture is read from the model's config.json.",
        ["bf16"] = "bf16: dtype says how is computed here.",
        ["output_dir"] = "output_dir: a folder of Transformer Lab; run folders are created under runs.",
        ["adaptor_output_dir"] = "adaptor_output_dir: a folder of Transformer Lab; the result is in the run folder, under outputs.",
        ["formatting_template"] = "formatting_template: its preview shows this template, but the Diffusion LLM Trainer never reads it.",
        ["formatting_chat_template"] = "formatting_chat_template: the Diffusion LLM Trainer never reads it.",
        ["chat_column"] = "chat_column: the Diffusion LLM Trainer never reads it; set messages_column where the messages are not recognized.",
    };

    public static ImportedRecipe Read(string json, string file)
    {
        var fields = TemplateFields.Read(json, file);
        var draft = new ImportDraft();
        var values = fields.Values;
        foreach (var (name, text) in values.Where(field => Same.Contains(field.Key)))
        {
            if (name == "max_steps" && values.ContainsKey("train_steps")) draft.LeaveOut($"max_steps ({text}): train_steps says the same.");
            else draft.Take(ParameterCatalog.Find(name)!.Name, text, name);
        }

        TakeMethod(draft, values);
        if (values.TryGetValue("model_name", out var model)) SharedSettings.TakeSource(draft, "model", model, "model_name");
        if (values.TryGetValue("dataset_name", out var dataset)) SharedSettings.TakeSource(draft, "dataset", dataset, "dataset_name");
        if (values.TryGetValue("adaptor_name", out var output)) SharedSettings.TakeOutputName(draft, output, "adaptor_name");
        if (values.TryGetValue("loss_weight_type", out var weights)) SharedSettings.TakeLossWeights(draft, weights);
        TransformerLabRows.Take(draft, values);
        AddWhatItsTrainerDoes(draft);
        TellWhatDiffers(draft);
        LeaveOutTheRest(draft, fields);
        return draft.Finish($"Transformer Lab's training template {(fields.Name is { } given ? $"\"{given}\"" : file)} (Diffusion LLM Trainer)");
    }

    private static void TakeMethod(ImportDraft draft, IReadOnlyDictionary<string, string> values)
    {
        var method = values.GetValueOrDefault("model_architecture") switch
        {
            "BertForMaskedLM" or "ModernBertForMaskedLM" => "bert",
            "DreamModel" => "dream",
            "LLaDAModelLM" => "llada",
            _ => null,
        };
        if (method is null || draft.Is("training_method", method)) return;
        if (draft.Has("training_method")) draft.Change($"training_method is {draft.Text("training_method")}, but {values["model_architecture"]} is trained by {method}; Transformer Lab did not check that, here the run is refused.");
        else draft.Take("training_method", method, comment: $"by model_architecture {values["model_architecture"]}");
    }

    private static void AddWhatItsTrainerDoes(ImportDraft draft)
    {
        draft.Take("loss_norm_type", "sequence", comment: "as Transformer Lab's trainer always does");
        if (draft.Is("training_method", "dream")) draft.Take("eos_padding", "false", comment: "as Transformer Lab's trainer does for Dream; later versions of dllm learn the padding too");
        if (draft.Text("num_train_epochs") is var epochs && epochs != "0" && draft.Has("train_steps"))
        {
            draft.LeaveOut($"train_steps ({draft.Text("train_steps")}) counts only with num_train_epochs 0, and that is {epochs}.");
            draft.Drop("train_steps");
        }
    }

    private static void TellWhatDiffers(ImportDraft draft)
    {
        if (!draft.Has("train_device")) draft.Change("train_device is not in the template, for which Transformer Lab takes cuda; here auto takes CUDA where there is one, else the CPU.");
        if (!draft.Has("log_to_wandb")) draft.Change("log_to_wandb is not in the template, for which Transformer Lab takes true; here it is false. TensorBoard files are always written.");
        SharedSettings.TellDtype(draft);
        SharedSettings.TellAccumulation(draft);
        if (draft.Is("training_method", "dream") && !draft.Is("loss_weight_type", "scheduler"))
            draft.Change("The CART weights of Transformer Lab's time were computed one place off; here they are Dream's own. Set loss_weight_type to cart_legacy[geo_p:0.3] (with the same p) to repeat the old ones.");
        if (!draft.Is("eval_strategy", "no"))
            draft.Change("Evaluation rows: Transformer Lab holds out a tenth of the split \"train\" and knows no other; here a split of the dataset for validation or test is used where there is one, else a tenth is held out, by another draw.");
    }

    private static void LeaveOutTheRest(ImportDraft draft, TemplateFields fields)
    {
        var known = new HashSet<string>(Same) { "model_name", "dataset_name", "adaptor_name", "loss_weight_type", "template_name", "plugin_name", "instruction_template", "input_template", "output_template" };
        foreach (var (name, text) in fields.Values.Where(field => !known.Contains(field.Key)))
        {
            if (Meaningless.TryGetValue(name, out var sentence)) draft.LeaveOut(sentence);
            else if (name.Contains("sweep", StringComparison.Ordinal) || name is "lower_is_better") draft.LeaveOut($"{name} ({OneLine(text)}): there are no sweeps here; start a run for each value with --set.");
            else draft.LeaveOut($"{name} ({OneLine(text)}): the Diffusion LLM Trainer has no such field.");
        }

        if (fields.Empty.Count > 0) draft.LeaveOut($"Empty fields: {string.Join(", ", fields.Empty.Distinct())}.");
        if (fields.Bookkeeping.Count > 0) draft.LeaveOut($"Fields by which Transformer Lab keeps its books: {string.Join(", ", fields.Bookkeeping)}.");
    }

    private static string OneLine(string text)
    {
        const int most = 60;
        var line = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= most ? line : line[..most] + " ...";
    }
}
