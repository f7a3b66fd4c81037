namespace Unmask.Core.Parameters;

public sealed partial record TrainParameters
{
    // Adapters and quantization.

    [Setting(SettingGroup.Adapter, "LoRA", "Train low-rank adapters instead of all weights. Where model names an adapter, it is trained further: its own rank, alpha and targets hold.")]
    public bool Lora { get; init; }

    [Setting(SettingGroup.Adapter, "LoRA rank", "Rank of the adapters; lower means fewer trained weights.", Minimum = 4, Maximum = 64, MultipleOf = 4, OnlyFor = SettingScope.Lora)]
    public int LoraR { get; init; } = 32;

    [Setting(SettingGroup.Adapter, "LoRA alpha", "Scale of the adapters; best a multiple of the rank.", Minimum = 4, Maximum = 128, MultipleOf = 4, OnlyFor = SettingScope.Lora)]
    public int LoraAlpha { get; init; } = 64;

    [Setting(SettingGroup.Adapter, "LoRA dropout", "Dropout in front of the adapters.", Minimum = 0.05, Maximum = 0.9, OnlyFor = SettingScope.Lora)]
    public double LoraDropout { get; init; } = 0.05;

    [Setting(SettingGroup.Adapter, "Rank-stabilized LoRA", "Scale the adapters by alpha over the square root of the rank instead of alpha over the rank, so that high ranks learn as fast as low ones.", Advanced = true, OnlyFor = SettingScope.Lora)]
    public bool UseRslora { get; init; }

    [Setting(SettingGroup.Adapter, "DoRA", "Train the length of each row of an adapted weight by itself (DoRA, arXiv 2402.09353). Try it where a low rank, 4 to 16, learns too little; a step takes longer.", Advanced = true, OnlyFor = SettingScope.Lora)]
    public bool UseDora { get; init; }

    [Setting(SettingGroup.Adapter, "LoRA targets", "Which layers get adapters: all-linear for every linear layer but the output head; names of layers, embeddings or the head, or ends of their paths, as a list or joined by commas, such as query,value; or one regular expression over whole paths, such as .*layers\\.[0-3]\\..*_proj.", Advanced = true, OnlyFor = SettingScope.Lora)]
    public TextList TargetModules { get; init; } = ["all-linear"];

    [Setting(SettingGroup.Adapter, "Excluded modules", "Layers that get no adapter though target_modules names them: names or one regular expression, as there.", Advanced = true, OnlyFor = SettingScope.Lora)]
    public TextList ExcludeModules { get; init; } = [];

    [Setting(SettingGroup.Adapter, "Adapted layers", "Numbers of the only layers that get adapters, counted from 0, as a list or joined by commas. Left empty: all layers.", Advanced = true, OnlyFor = SettingScope.Lora)]
    public TextList LayersToTransform { get; init; } = [];

    [Setting(SettingGroup.Adapter, "Layers pattern", "What stands before the number of a layer in its path, such as layers. Only needed where a path has several numbers.", Advanced = true, OnlyFor = SettingScope.Lora)]
    public TextList LayersPattern { get; init; } = [];

    [Setting(SettingGroup.Adapter, "Modules to save", "Modules that are trained whole beside the adapters and saved with them, such as lm_head or embed_tokens: names or ends of paths, as a list or joined by commas. Use it when new tokens or a new head must be learned; they take as much optimizer memory as in full training.", Advanced = true, OnlyFor = SettingScope.Lora)]
    public TextList ModulesToSave { get; init; } = [];

    [Setting(SettingGroup.Adapter, "Trainable tokens", "Ids of tokens whose rows in the embedding table are trained beside the adapters, as a list or joined by commas. Use it for a few new tokens, instead of saving the whole table.", Advanced = true, OnlyFor = SettingScope.Lora)]
    public TextList TrainableTokenIndices { get; init; } = [];

    [Setting(SettingGroup.Adapter, "LoRA bias", "Which biases of the model are trained beside the adapters: none, all, or those of layers with an adapter (lora_only).", Advanced = true, OnlyFor = SettingScope.Lora)]
    public LoraBias Bias { get; init; } = LoraBias.None;

    [Setting(SettingGroup.Adapter, "Load in 4-bit", "Hold the weights of the frozen linear layers in 4 bits (nf4 with double quantization; products are computed in dtype): less memory, perhaps less quality. Needs LoRA; the fused model is made from the weights as stored.", Name = "load_in_4bit")]
    public bool LoadIn4bit { get; init; }

    // Dream.

    [Setting(SettingGroup.Dream, "Per-batch cutoff", "Cut the responses of a batch to the length of one of them, chosen at random.", OnlyFor = SettingScope.Dream)]
    public bool PerbatchCutoff { get; init; } = true;

    [Setting(SettingGroup.Dream, "Response cutoff ratio", "Chance that the end of a batch is cut off, by less than the shortest response; counts where perbatch_cutoff is false.", Minimum = 0, Maximum = 1, OnlyFor = SettingScope.Dream)]
    public double RespCutoffRatio { get; init; }

    // Evaluation.

    [Setting(SettingGroup.Evaluation, "When to evaluate", "no, every eval_steps steps, or at the end of each epoch.")]
    public EvalStrategy EvalStrategy { get; init; } = EvalStrategy.Steps;

    [Setting(SettingGroup.Evaluation, "Evaluation steps", "Evaluate every so many steps; below 1 it is a share of all steps.", StepsOrFraction = true)]
    public double EvalSteps { get; init; } = 0.25;

    [Setting(SettingGroup.Evaluation, "Evaluate first", "Evaluate once before the first step.", Advanced = true)]
    public bool EvalOnStart { get; init; }

    [Setting(SettingGroup.Evaluation, "Evaluation batch size", "Sequences per evaluation batch. Left out: batch_size.", Minimum = 1, Advanced = true)]
    public int? EvalBatchSize { get; init; }

    [Setting(SettingGroup.Evaluation, "Final evaluation", "Measure of the finished model on final_evaluation_dataset: none, edit_distance between written and right answers (symbol error rate and exact answers), or pronunciation, the same under the names of that task (phoneme error rate and exact words).")]
    public FinalEvaluationKind FinalEvaluation { get; init; } = FinalEvaluationKind.None;

    [Setting(SettingGroup.Evaluation, "Final evaluation dataset", "File with rows (prompt and response) that were not trained on.", IsPath = true, MayBeJoined = true)]
    public string? FinalEvaluationDataset { get; init; }

    [Setting(SettingGroup.Evaluation, "Final evaluation rows", "Score at most this many rows. Left out: all.", Minimum = 1, Advanced = true)]
    public int? FinalEvaluationRows { get; init; }

    // Samples: the previews at each evaluation, and the final evaluation.

    [Setting(SettingGroup.Samples, "Sample prompts", "Prompts that are denoised and shown at every evaluation. Left out: the first rows of the evaluation data.")]
    public TextList SamplePrompts { get; init; } = [];

    [Setting(SettingGroup.Samples, "Samples", "How many prompts to show; 0 for none.", Minimum = 0, Maximum = 64)]
    public int SampleCount { get; init; } = 4;

    [Setting(SettingGroup.Samples, "Sampling steps", "Denoising steps; more is usually better and slower.", Minimum = 1, Maximum = 2048, Advanced = true)]
    public int SampleSteps { get; init; } = 32;

    [Setting(SettingGroup.Samples, "New tokens", "Length of the canvas that is filled.", Minimum = 1, Maximum = 4096, Advanced = true)]
    public int SampleMaxNewTokens { get; init; } = 32;

    [Setting(SettingGroup.Samples, "Block length", "Size of the blocks that are filled one after another.", Minimum = 1, Maximum = 4096, Advanced = true)]
    public int SampleBlockLength { get; init; } = 32;

    [Setting(SettingGroup.Samples, "Temperature", "0 takes the most likely token.", Minimum = 0, Maximum = 2, Advanced = true)]
    public double SampleTemperature { get; init; }

    [Setting(SettingGroup.Samples, "Remasking", "Which predicted tokens are kept at each step: the most confident (low_confidence; by Dream's measures maskgit_plus, topk_margin, entropy), or random ones (random, origin). Left out: low_confidence, or entropy for dream.", Advanced = true)]
    public Remasking? SampleRemasking { get; init; }

    // Output.

    [Setting(SettingGroup.Output, "Output name", "Name of what comes out; the run's folder and model carry it.",
        Pattern = @"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", PatternInWords = "1 to 100 letters, digits, dots, dashes or underscores, and start with a letter or digit")]
    public string AdaptorName { get; init; } = "adaptor";

    [Setting(SettingGroup.Output, "Fuse the adapter", "Beside the adapter (outputs/adaptor) write a model with it merged in (outputs/fused), which needs neither adapter nor base.", OnlyFor = SettingScope.Lora, Alias = "fuse_adaptor")]
    public bool FuseAdapter { get; init; } = true;

    [Setting(SettingGroup.Output, "Output folder", "Folder in which a new run's folder is made.", Advanced = true)]
    public string OutputDir { get; init; } = "runs";

    [Setting(SettingGroup.Output, "Logging steps", "Report every so many steps; below 1 it is a share of all steps.", StepsOrFraction = true)]
    public double LoggingSteps { get; init; } = 10;

    [Setting(SettingGroup.Output, "Save steps", "Save a checkpoint every so many steps, and after the last; below 1 it is a share of all steps.", StepsOrFraction = true)]
    public double SaveSteps { get; init; } = 0.25;

    [Setting(SettingGroup.Output, "Checkpoints to keep", "How many of the newest checkpoints stay on disk.", Minimum = 1, Advanced = true)]
    public int SaveTotalLimit { get; init; } = 2;

    [Setting(SettingGroup.Output, "Keep the best", "Also keep the checkpoint with the lowest evaluation loss.", Advanced = true)]
    public bool KeepBest { get; init; } = true;

    [Setting(SettingGroup.Output, "Weights and Biases", "Report to Weights and Biases: into an offline folder that wandb sync uploads, and live where there is a key (WANDB_API_KEY, netrc, or the settings of the workbench).")]
    public bool LogToWandb { get; init; }

    [Setting(SettingGroup.Output, "Histograms of the weights", "At every evaluation report how the values of each trained weight are spread, to TensorBoard and Weights and Biases.", Advanced = true)]
    public bool LogHistograms { get; init; }

    [Setting(SettingGroup.Output, "W&B project", "Project the run belongs to. Left out: WANDB_PROJECT, else unmask.", Advanced = true, OnlyFor = SettingScope.Wandb)]
    public string? WandbProject { get; init; }

    [Setting(SettingGroup.Output, "W&B entity", "Person or team the project belongs to. Left out: WANDB_ENTITY, else that of the key.", Advanced = true, OnlyFor = SettingScope.Wandb)]
    public string? WandbEntity { get; init; }

    [Setting(SettingGroup.Output, "W&B run name", "What the run is called there. Left out: WANDB_NAME, else adaptor_name.", Advanced = true, OnlyFor = SettingScope.Wandb)]
    public string? WandbName { get; init; }

    [Setting(SettingGroup.Output, "W&B group", "Group of runs it belongs to. Left out: WANDB_RUN_GROUP.", Advanced = true, OnlyFor = SettingScope.Wandb)]
    public string? WandbGroup { get; init; }

    [Setting(SettingGroup.Output, "W&B tags", "Words to find it by. Left out: WANDB_TAGS.", Advanced = true, OnlyFor = SettingScope.Wandb)]
    public TextList WandbTags { get; init; } = [];

    [Setting(SettingGroup.Output, "W&B notes", "A text about the run. Left out: WANDB_NOTES.", Advanced = true, OnlyFor = SettingScope.Wandb)]
    public string? WandbNotes { get; init; }
}
