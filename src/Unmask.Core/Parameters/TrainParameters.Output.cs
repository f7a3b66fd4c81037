namespace Unmask.Core.Parameters;

public sealed partial record TrainParameters
{
    // Adapters and quantization.

    [Setting(SettingGroup.Adapter, "LoRA", "Trains low-rank adapters and freezes the base model. When model is an adapter, training continues with its rank, alpha and targets.")]
    public bool Lora { get; init; }

    [Setting(SettingGroup.Adapter, "LoRA rank", "Rank of the adapters. Raise it when the adapter underfits; typically 8 to 64.", Minimum = 4, Maximum = 64, MultipleOf = 4, OnlyFor = SettingScope.Lora)]
    public int LoraR { get; init; } = 32;

    [Setting(SettingGroup.Adapter, "LoRA alpha", "Scale of the adapters: updates are multiplied by alpha/rank. Use a multiple of the rank; typically 1 to 2 times the rank.", Minimum = 4, Maximum = 128, MultipleOf = 4, OnlyFor = SettingScope.Lora)]
    public int LoraAlpha { get; init; } = 64;

    [Setting(SettingGroup.Adapter, "LoRA dropout", "Dropout on the input of the adapters. Raise it against overfitting; typically 0.05 to 0.1.", Minimum = 0.05, Maximum = 0.9, OnlyFor = SettingScope.Lora)]
    public double LoraDropout { get; init; } = 0.05;

    [Setting(SettingGroup.Adapter, "Rank-stabilized LoRA", "Scales adapters by alpha/sqrt(rank) instead of alpha/rank. Enable for ranks of 32 and more.", Advanced = true, OnlyFor = SettingScope.Lora)]
    public bool UseRslora { get; init; }

    [Setting(SettingGroup.Adapter, "DoRA", "Trains the magnitude of each adapted weight row separately (DoRA, arXiv 2402.09353). Try it when a low rank (4 to 16) underfits; steps are slower.", Advanced = true, OnlyFor = SettingScope.Lora)]
    public bool UseDora { get; init; }

    [Setting(SettingGroup.Adapter, "Target modules", "Layers with adapters: all-linear (all linear layers except the head); names or path suffixes as a list or comma-separated, such as query,value; or one regular expression over full paths, such as .*layers\\.[0-3]\\..*_proj.", Advanced = true, OnlyFor = SettingScope.Lora)]
    public TextList TargetModules { get; init; } = ["all-linear"];

    [Setting(SettingGroup.Adapter, "Excluded modules", "Layers without adapters although target_modules matches them: names, or one regular expression.", Advanced = true, OnlyFor = SettingScope.Lora)]
    public TextList ExcludeModules { get; init; } = [];

    [Setting(SettingGroup.Adapter, "Adapted layers", "Indices of the layers with adapters, from 0, as a list or comma-separated. Default: all layers.", Advanced = true, OnlyFor = SettingScope.Lora)]
    public TextList LayersToTransform { get; init; } = [];

    [Setting(SettingGroup.Adapter, "Layers pattern", "Path component before the layer index, such as layers. Needed only when paths contain several indices.", Advanced = true, OnlyFor = SettingScope.Lora)]
    public TextList LayersPattern { get; init; } = [];

    [Setting(SettingGroup.Adapter, "Modules to save", "Modules that are trained in full and saved with the adapter, such as lm_head or embed_tokens. Use for new tokens or a new head; optimizer memory is that of full fine-tuning.", Advanced = true, OnlyFor = SettingScope.Lora)]
    public TextList ModulesToSave { get; init; } = [];

    [Setting(SettingGroup.Adapter, "Trainable token ids", "Token ids whose embedding rows are trained with the adapter, as a list or comma-separated. Use for a few new tokens instead of modules_to_save.", Advanced = true, OnlyFor = SettingScope.Lora)]
    public TextList TrainableTokenIndices { get; init; } = [];

    [Setting(SettingGroup.Adapter, "LoRA bias", "Trainable biases: none, all, or those of layers with an adapter (lora_only). Rarely changed.", Advanced = true, OnlyFor = SettingScope.Lora)]
    public LoraBias Bias { get; init; } = LoraBias.None;

    [Setting(SettingGroup.Adapter, "Load in 4-bit", "Loads the frozen linear layers in 4-bit (nf4 with double quantization; compute in dtype). Enable for large models: about a quarter of the weight memory, slightly lower quality. Needs LoRA.", Name = "load_in_4bit")]
    public bool LoadIn4bit { get; init; }

    // Dream.

    [Setting(SettingGroup.Dream, "Per-batch cutoff", "Truncates the responses of each batch to the length of a randomly selected one, as in Dream's training.", OnlyFor = SettingScope.Dream)]
    public bool PerbatchCutoff { get; init; } = true;

    [Setting(SettingGroup.Dream, "Response cutoff ratio", "Probability that the end of a batch is truncated, by less than the shortest response. Used when perbatch_cutoff is false; typically 0 to 0.5.", Minimum = 0, Maximum = 1, OnlyFor = SettingScope.Dream)]
    public double RespCutoffRatio { get; init; }

    // Evaluation.

    [Setting(SettingGroup.Evaluation, "Evaluation strategy", "When to evaluate: no, every eval_steps steps, or at the end of each epoch.")]
    public EvalStrategy EvalStrategy { get; init; } = EvalStrategy.Steps;

    [Setting(SettingGroup.Evaluation, "Evaluation steps", "Steps between evaluations; values below 1 are a fraction of all steps. Typical: 100 to 1,000, or 0.1 to 0.25.", StepsOrFraction = true)]
    public double EvalSteps { get; init; } = 0.25;

    [Setting(SettingGroup.Evaluation, "Evaluate on start", "Runs one evaluation before the first step. Enable for a baseline of the base model.", Advanced = true)]
    public bool EvalOnStart { get; init; }

    [Setting(SettingGroup.Evaluation, "Evaluation batch size", "Sequences per evaluation batch. Lower it when an evaluation runs out of memory. Default: batch_size.", Minimum = 1, Advanced = true)]
    public int? EvalBatchSize { get; init; }

    [Setting(SettingGroup.Evaluation, "Final evaluation", "Metric of the finished model on final_evaluation_dataset: none, edit_distance (symbol error rate and exact match), or pronunciation (the same, reported as phoneme error rate and exact words).")]
    public FinalEvaluationKind FinalEvaluation { get; init; } = FinalEvaluationKind.None;

    [Setting(SettingGroup.Evaluation, "Final evaluation dataset", "File with prompt and response rows that are not in the training data.", IsPath = true, MayBeJoined = true)]
    public string? FinalEvaluationDataset { get; init; }

    [Setting(SettingGroup.Evaluation, "Final evaluation rows", "Maximum number of rows to score. Lower it when the final evaluation takes long. Default: all.", Minimum = 1, Advanced = true)]
    public int? FinalEvaluationRows { get; init; }

    // Samples: the previews at each evaluation, and the final evaluation.

    [Setting(SettingGroup.Samples, "Sample prompts", "Prompts for the samples at each evaluation. Default: the first rows of the evaluation data.")]
    public TextList SamplePrompts { get; init; } = [];

    [Setting(SettingGroup.Samples, "Sample count", "Number of samples at each evaluation; 0 disables samples. Typical: 2 to 8.", Minimum = 0, Maximum = 64)]
    public int SampleCount { get; init; } = 4;

    [Setting(SettingGroup.Samples, "Denoising steps", "Denoising steps per sample. More steps give better text and take longer; typically 16 to 128.", Minimum = 1, Maximum = 2048, Advanced = true)]
    public int SampleSteps { get; init; } = 32;

    [Setting(SettingGroup.Samples, "Max new tokens", "Length of the response canvas in tokens. Typical: 32 to 256.", Minimum = 1, Maximum = 4096, Advanced = true)]
    public int SampleMaxNewTokens { get; init; } = 32;

    [Setting(SettingGroup.Samples, "Block length", "Length of the blocks that are denoised from left to right. Equal to max new tokens: no blocks; typically 16 to 64.", Minimum = 1, Maximum = 4096, Advanced = true)]
    public int SampleBlockLength { get; init; } = 32;

    [Setting(SettingGroup.Samples, "Temperature", "Sampling temperature; 0 is greedy decoding. Typical: 0 to 1.", Minimum = 0, Maximum = 2, Advanced = true)]
    public double SampleTemperature { get; init; }

    [Setting(SettingGroup.Samples, "Remasking strategy", "Which predictions each step keeps: the most confident (low_confidence; Dream: maskgit_plus, topk_margin, entropy), or random ones (random, origin). Default: low_confidence, for dream entropy.", Advanced = true)]
    public Remasking? SampleRemasking { get; init; }

    // Output.

    [Setting(SettingGroup.Output, "Output name", "Name of the output model or adapter, also used in the name of the run folder.",
        Pattern = @"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", PatternInWords = "1 to 100 letters, digits, dots, dashes or underscores, and start with a letter or digit")]
    public string AdaptorName { get; init; } = "adaptor";

    [Setting(SettingGroup.Output, "Fuse adapter", "Also writes a merged model (outputs/fused) beside the adapter (outputs/adaptor). Disable to save disk space and time.", OnlyFor = SettingScope.Lora, Alias = "fuse_adaptor")]
    public bool FuseAdapter { get; init; } = true;

    [Setting(SettingGroup.Output, "Output folder", "Folder in which run folders are created.", Advanced = true)]
    public string OutputDir { get; init; } = "runs";

    [Setting(SettingGroup.Output, "Logging steps", "Steps between log entries; values below 1 are a fraction of all steps. Typical: 1 to 50.", StepsOrFraction = true)]
    public double LoggingSteps { get; init; } = 10;

    [Setting(SettingGroup.Output, "Save steps", "Steps between checkpoints; values below 1 are a fraction of all steps. The last step is always saved. Typical: 100 to 1,000, or 0.1 to 0.25.", StepsOrFraction = true)]
    public double SaveSteps { get; init; } = 0.25;

    [Setting(SettingGroup.Output, "Checkpoint limit", "Number of latest checkpoints to keep on disk. Lower it when disk space is short; typically 1 to 5.", Minimum = 1, Advanced = true)]
    public int SaveTotalLimit { get; init; } = 2;

    [Setting(SettingGroup.Output, "Keep best checkpoint", "Also keeps the checkpoint with the lowest evaluation loss.", Advanced = true)]
    public bool KeepBest { get; init; } = true;

    [Setting(SettingGroup.Output, "Weights & Biases", "Reports to Weights & Biases: live when a key is set (WANDB_API_KEY, netrc or workbench settings), else to an offline folder for wandb sync.")]
    public bool LogToWandb { get; init; }

    [Setting(SettingGroup.Output, "Weight histograms", "Reports histograms of the trainable parameters at each evaluation, to TensorBoard and Weights & Biases.", Advanced = true)]
    public bool LogHistograms { get; init; }

    [Setting(SettingGroup.Output, "W&B project", "Project of the run. Default: WANDB_PROJECT, else unmask.", Advanced = true, OnlyFor = SettingScope.Wandb)]
    public string? WandbProject { get; init; }

    [Setting(SettingGroup.Output, "W&B entity", "User or team that owns the project. Default: WANDB_ENTITY, else the owner of the key.", Advanced = true, OnlyFor = SettingScope.Wandb)]
    public string? WandbEntity { get; init; }

    [Setting(SettingGroup.Output, "W&B run name", "Display name of the run. Default: WANDB_NAME, else adaptor_name.", Advanced = true, OnlyFor = SettingScope.Wandb)]
    public string? WandbName { get; init; }

    [Setting(SettingGroup.Output, "W&B group", "Group of the run. Default: WANDB_RUN_GROUP.", Advanced = true, OnlyFor = SettingScope.Wandb)]
    public string? WandbGroup { get; init; }

    [Setting(SettingGroup.Output, "W&B tags", "Tags of the run. Default: WANDB_TAGS.", Advanced = true, OnlyFor = SettingScope.Wandb)]
    public TextList WandbTags { get; init; } = [];

    [Setting(SettingGroup.Output, "W&B notes", "Notes of the run. Default: WANDB_NOTES.", Advanced = true, OnlyFor = SettingScope.Wandb)]
    public string? WandbNotes { get; init; }
}
