namespace Unmask.Core.Parameters.Import;

/// <summary>Command lines of dllm's training scripts, whose arguments are those of Hugging Face's Trainer and a few of its own.</summary>
internal sealed class DllmImport
{
    /// <summary>Arguments that are a setting of another name, or of the same.</summary>
    private static readonly Dictionary<string, string> Renamed = new[]
    {
        "max_length", "truncation", "mask_prompt_loss", "num_proc", "gradient_accumulation_steps", "learning_rate", "warmup_ratio", "weight_decay", "adam_beta1", "adam_beta2", "adam_epsilon",
        "max_grad_norm", "logging_steps", "eval_steps", "save_steps", "save_total_limit", "eval_strategy", "eval_on_start", "seed", "group_by_length", "load_in_4bit", "lora", "target_modules",
        "lora_r", "lora_alpha", "lora_dropout", "bias", "modules_to_save", "perbatch_cutoff", "resp_cutoff_ratio", "loss_norm_type", "time_epsilon", "insert_eos", "drop_tail",
    }.ToDictionary(name => name);

    private static readonly Dictionary<string, string> OtherNames = new()
    {
        ["r"] = "lora_r",
        ["per_device_train_batch_size"] = "batch_size",
        ["per_device_eval_batch_size"] = "eval_batch_size",
        ["evaluation_strategy"] = "eval_strategy",
        ["gradient_checkpointing"] = "activation_checkpointing",
        ["text_field"] = "text_column",
        ["seq_length"] = "max_length",
    };

    private readonly ImportDraft _draft = new();
    private readonly DllmCommand _command;
    private readonly Dictionary<string, string> _arguments;
    private readonly DllmScript? _script;

    private DllmImport(DllmCommand command)
    {
        _command = command;
        _script = command.Script is { } path ? DllmScript.At(path) : null;
        _arguments = new(command.Arguments, StringComparer.Ordinal);
    }

    /// <param name="words">Words of one command.</param>
    /// <param name="others">Other commands beside it.</param>
    /// <exception cref="UserError">It trains something that this program does not, or holds no argument.</exception>
    public static ImportedRecipe Read(IReadOnlyList<string> words, IReadOnlyList<IReadOnlyList<string>>? others = null)
    {
        var command = DllmCommand.Read(words);
        if (command.Arguments.Count == 0 && command.Script is null) throw new UserError($"There is no argument in \"{string.Join(' ', words)}\"; give the command line of a training script, such as --model_name_or_path M --dataset_args D --max_length 512.");
        var import = new DllmImport(command);
        if (others?.Count > 0) import._draft.LeaveOut($"Other commands of the script: {string.Join("; ", others.Select(other => string.Join(' ', other)))}.");
        return import.Import();
    }

    private ImportedRecipe Import()
    {
        foreach (var (name, value) in _script?.Defaults ?? new Dictionary<string, string>()) _arguments.TryAdd(name, value);
        TakeMethod();
        if (_script?.Pretrains == true) _draft.Take("pretrain", "true", comment: _command.Script);
        foreach (var (name, value) in _arguments) TakeOne(name, value);
        foreach (var (name, value) in DllmScript.LibraryDefaults) TakeDefault(name, value);
        TellWhatDiffers();
        return _draft.Finish($"a command line of dllm{(_command.Script is { } script ? $" ({script})" : "")}");
    }

    private void TakeDefault(string name, string value)
    {
        if (_draft.Has(name) || (name == "num_train_epochs" && _draft.Has("train_steps")) || (name == "eval_steps" && !_draft.Is("eval_strategy", "steps"))) return;
        if (!_arguments.ContainsKey(name)) _draft.Take(name, value, comment: "dllm's default");
    }

    private void TakeMethod()
    {
        var (method, why) = (_script?.Method, _command.Script);
        if (method is null)
        {
            var model = _arguments.GetValueOrDefault("model_name_or_path")?.ToLowerInvariant() ?? "";
            method = new[] { "dream", "llada", "bert" }.FirstOrDefault(name => model.Contains(name, StringComparison.Ordinal));
            why = "by the model's name";
        }

        if (method is null && (_arguments.GetValueOrDefault("loss_weight_type", "").StartsWith("cart", StringComparison.Ordinal) || _arguments.ContainsKey("perbatch_cutoff") || _arguments.ContainsKey("resp_cutoff_ratio")))
            (method, why) = ("dream", "by its own arguments");
        if (method is null) _draft.Change("Neither the script nor the model name implies a training method; bert is used unless training_method is set.");
        else _draft.Take("training_method", method, comment: why);
    }

    private void TakeOne(string name, string value)
    {
        // A flag without a value is true; no_ in front of it makes it false.
        var text = value.Length == 0 ? "true" : value;
        if (name.StartsWith("no_", StringComparison.Ordinal) && value.Length == 0 && Renamed.ContainsKey(name[3..])) (name, text) = (name[3..], "false");
        // Python's None is what an argument is that nobody gives.
        if (text is "None" or "null" or "none" && name is not "report_to") return;
        var comment = _command.Arguments.ContainsKey(name) || _script is null ? null : $"default of {_command.Script}";
        if (Renamed.TryGetValue(name, out var setting) || OtherNames.TryGetValue(name, out setting)) _draft.Take(setting, text, name, comment);
        else if (!DllmArguments.Take(_draft, name, text, comment, _arguments)) DllmArguments.LeaveOut(_draft, name, text);
    }

    private void TellWhatDiffers()
    {
        if (_draft.Has("train_steps") && _draft.Has("num_train_epochs"))
        {
            _draft.LeaveOut($"num_train_epochs ({_draft.Text("num_train_epochs")}): max_steps is given too, and wins.");
            _draft.Drop("num_train_epochs");
        }

        if (_command.Processes > 1)
        {
            var rows = long.Parse(_draft.Text("batch_size"), CultureInfo.InvariantCulture) * long.Parse(_draft.Text("gradient_accumulation_steps"), CultureInfo.InvariantCulture);
            _draft.Change($"The command starts {_command.Processes} processes, so that a step sees {rows * _command.Processes} rows; here a step sees {rows}. Set num_processes to {_command.Processes}, or multiply gradient_accumulation_steps by it, to keep the size of a step.");
        }

        SharedSettings.TellDtype(_draft);
        SharedSettings.TellAccumulation(_draft);
        if (!_arguments.ContainsKey("report_to")) _draft.Change("report_to is not given, for which dllm reports to Weights and Biases; log_to_wandb is false here. TensorBoard files are always written.");
        foreach (var name in _command.Repeated.Distinct()) _draft.Change($"{name} is given more than once; the last value counts.");
        if (_command.Passed.Count > 0) _draft.LeaveOut($"Words about how the program is started: {string.Join("; ", _command.Passed)}.");
    }
}
