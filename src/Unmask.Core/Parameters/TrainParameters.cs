namespace Unmask.Core.Parameters;

/// <summary>
/// Every setting of a training run, immutable. Each property carries its own title, help, range and group; its name in recipes and
/// flags is the property's in snake_case, its default the initial value here. Nothing else says these things a second time:
/// <see cref="ParameterCatalog"/> reads them for the recipe reader, the validation, the JSON schema and the documentation.
/// Rules that join several settings are in <c>Validation/CrossFieldRules</c>.
/// </summary>
/// <remarks>Names, defaults and ranges are those of Transformer Lab's Diffusion LLM Trainer where it has the setting, so that a user's
/// configuration carries over. Three defaults differ on purpose: <c>train_device</c> is auto (there: cuda), <c>log_to_wandb</c> is off
/// until it can work, and <c>loss_weight_type</c> follows the method.</remarks>
public sealed partial record TrainParameters
{
    // The model.

    [Setting(SettingGroup.Model, "Model", "Base model to fine-tune: a folder in Hugging Face layout, or owner/name[@revision] on the Hugging Face Hub. Leave empty to train from scratch.", IsPath = true)]
    public string? Model { get; init; }

    [Setting(SettingGroup.Model, "Architecture", "Architecture of a model trained from scratch, such as bert or modernbert. Use modernbert for sequences above 512 tokens.", OnlyFor = SettingScope.FreshModel)]
    public string ModelArchitecture { get; init; } = "bert";

    [Setting(SettingGroup.Model, "Model size", "Named size of the architecture, such as tiny, small or base. Use tiny to small (1M to 30M parameters) on a CPU.", OnlyFor = SettingScope.FreshModel)]
    public string? ModelSize { get; init; }

    [Setting(SettingGroup.Model, "Model config", "Overrides of config.json on top of the named size, such as {hidden_size: 192}. Use when no named size fits.", Advanced = true, OnlyFor = SettingScope.FreshModel)]
    public ValueMap ModelConfig { get; init; } = ValueMap.Empty;

    [Setting(SettingGroup.Model, "Tokenizer", "Tokenizer folder, or owner/name of a model on the Hugging Face Hub. Default: the tokenizer of the model, or a vocabulary learned from the dataset when training from scratch.", IsPath = true)]
    public string? Tokenizer { get; init; }

    [Setting(SettingGroup.Model, "Vocabulary type", "Unit of a learned vocabulary: character, word (split at spaces) or bytebpe (byte-level BPE). Use character for spelling-like tasks, bytebpe for general text.", OnlyFor = SettingScope.FreshModel)]
    public VocabularyKind Vocabulary { get; init; } = VocabularyKind.Bytebpe;

    [Setting(SettingGroup.Model, "Vocabulary size", "Maximum size of a learned vocabulary, including special tokens. Typical: 4,000 to 32,000; small datasets need less.", Minimum = 16, Maximum = 4_000_000, OnlyFor = SettingScope.FreshModel)]
    public int VocabSize { get; init; } = 8192;

    [Setting(SettingGroup.Model, "Chat template", "Template that renders messages to text: bert, llada, dream, plain, tokenizer (the template of the tokenizer), or the path of a Jinja file. Default: the template of the tokenizer (for llada the one of the family when the tokenizer's writes its headers), else of the model family (plain with a learned vocabulary).", Advanced = true, WordOrPath = true)]
    public string? ChatTemplate { get; init; }

    // The method.

    [Setting(SettingGroup.Method, "Training method", "Diffusion objective: bert and llada use masked diffusion, dream uses context-adaptive loss weights. Must match the architecture of the model.")]
    public TrainingMethod TrainingMethod { get; init; } = TrainingMethod.Bert;

    [Setting(SettingGroup.Method, "Training device", "Device for training. auto selects CUDA when available, else the CPU.")]
    public TrainDevice TrainDevice { get; init; } = TrainDevice.Auto;

    [Setting(SettingGroup.Method, "GPU ids", "GPUs to train on, one rank each: auto for all visible GPUs, or numbers such as 0,2. Change to leave GPUs free for other work.",
        Pattern = @"auto|\d+(\s*,\s*\d+)*", PatternInWords = "auto, or GPU numbers joined by commas such as 0,2")]
    public string GpuIds { get; init; } = "auto";

    [Setting(SettingGroup.Method, "Ranks", "Number of ranks (processes of one run) that share each step, on one or several machines. Default: one per GPU, one on the CPU, or the number started by mpirun, srun or torchrun.", Minimum = 1, Maximum = 65536, Advanced = true)]
    public int? NumProcesses { get; init; }

    [Setting(SettingGroup.Method, "ZeRO stage", "State sharded over the ranks: 0 none, 1 optimizer state, 2 optimizer state and gradients. Raise when memory per rank is short; results do not change.", Minimum = 0, Maximum = 2, Advanced = true)]
    public int ZeroStage { get; init; }

    [Setting(SettingGroup.Method, "Deterministic", "Makes losses and weights bit-identical for any split of a step into batches and ranks. Slower; uses one thread unless threads is set.", Advanced = true)]
    public bool Deterministic { get; init; }

    [Setting(SettingGroup.Method, "Data type", "Data type of weights and activations; bfloat16 and float16 keep float32 master weights in the optimizer, float16 also scales the loss. Use float16 on GPUs older than Ampere, float32 to debug precision.")]
    public TrainDtype Dtype { get; init; } = TrainDtype.Bfloat16;

    [Setting(SettingGroup.Method, "Activation checkpointing", "Recomputes activations in the backward pass, one layer at a time. Enable when memory is short: much less memory, about 25% slower, same results.", Advanced = true)]
    public bool ActivationCheckpointing { get; init; }

    [Setting(SettingGroup.Method, "CPU threads", "Number of CPU threads. Default: the physical cores, shared by the ranks of the machine.", Minimum = 1, Maximum = 4096, Advanced = true)]
    public int? Threads { get; init; }

    // Core.

    [Setting(SettingGroup.Core, "Batch size", "Sequences per forward pass and rank. Lower it when memory is short and raise gradient_accumulation_steps instead; typically 1 to 64.", Minimum = 1)]
    public int BatchSize { get; init; } = 4;

    [Setting(SettingGroup.Core, "Gradient accumulation", "Batches per optimizer step and rank; the effective batch is batch_size x this x ranks. Raise for a larger effective batch at the same memory; typically 1 to 32.", Minimum = 1)]
    public int GradientAccumulationSteps { get; init; } = 1;

    [Setting(SettingGroup.Core, "Accumulation reduction", "How accumulated gradients are combined: mean equals one large batch, sum matches the original trainer for ModernBERT and Dream. Use sum only to reproduce its runs.", Advanced = true)]
    public AccumulationReduction AccumulationReduction { get; init; } = AccumulationReduction.Mean;

    [Setting(SettingGroup.Core, "Loss normalization scope", "Tokens that the loss is divided by: global uses all tokens of the step, process uses those of each rank and averages. Use process only to reproduce the original trainers.", Advanced = true)]
    public LossNormScope LossNormScope { get; init; } = LossNormScope.Global;

    [Setting(SettingGroup.Core, "Epochs", "Passes over the training data; 0 uses train_steps. Typical: 1 to 3 for fine-tuning, more when training from scratch.", Minimum = 0)]
    public int NumTrainEpochs { get; init; }

    [Setting(SettingGroup.Core, "Training steps", "Number of optimizer steps when num_train_epochs is 0. Typical: 500 to 10,000.", Minimum = 1, Alias = "max_steps")]
    public int TrainSteps { get; init; } = 1000;

    [Setting(SettingGroup.Core, "Max length", "Maximum tokens per row; longer rows are truncated or dropped. Lower saves memory and time; typically 128 to 4,096.", Minimum = 1)]
    public int MaxLength { get; init; } = 1024;

    [Setting(SettingGroup.Core, "Seed", "Seed of weight initialization, data order, validation split and noise. Change it to measure the variance between runs.", Minimum = 0, Advanced = true)]
    public long Seed { get; init; } = 42;

    // Optimization.

    [Setting(SettingGroup.Optimization, "Learning rate", "Peak learning rate. Typical: 1e-5 to 1e-4 for full fine-tuning, 1e-4 to 5e-4 for LoRA, 1e-3 for a small model from scratch.", Minimum = 1e-6)]
    public double LearningRate { get; init; } = 2e-5;

    [Setting(SettingGroup.Optimization, "Learning rate schedule", "Shape of the learning rate: constant (no warmup), constant_with_warmup, or linear or cosine decay to 0. cosine suits most runs.")]
    public LearningRateScheduleKind LearningRateSchedule { get; init; } = LearningRateScheduleKind.Cosine;

    [Setting(SettingGroup.Optimization, "Warmup ratio", "Fraction of all steps in which the learning rate rises from 0. Raise when the loss is unstable at the start; typically 0.03 to 0.1.", Minimum = 0, Maximum = 1)]
    public double WarmupRatio { get; init; } = 0.1;

    [Setting(SettingGroup.Optimization, "Warmup steps", "Number of warmup steps; above 0 replaces warmup_ratio. Use for a warmup independent of the run length; typically 50 to 2,000.", Minimum = 0, Advanced = true)]
    public int WarmupSteps { get; init; }

    [Setting(SettingGroup.Optimization, "Weight decay", "Decoupled weight decay of AdamW; norms and biases are excluded. Raise against overfitting; typically 0 to 0.1.", Minimum = 0, Maximum = 1, Advanced = true)]
    public double WeightDecay { get; init; }

    [Setting(SettingGroup.Optimization, "Adam beta1", "Decay of the first moment of AdamW. Rarely changed; typically 0.9.", Minimum = 0, Maximum = 0.9999999, Advanced = true)]
    public double AdamBeta1 { get; init; } = 0.9;

    [Setting(SettingGroup.Optimization, "Adam beta2", "Decay of the second moment of AdamW. Lower it for noisy gradients or large batches; typically 0.95 to 0.999.", Minimum = 0, Maximum = 0.9999999, Advanced = true)]
    public double AdamBeta2 { get; init; } = 0.999;

    [Setting(SettingGroup.Optimization, "Adam epsilon", "Term added to the denominator of AdamW for numerical stability. Rarely changed; typically 1e-8 to 1e-6.", Minimum = 1e-16, Maximum = 1, Advanced = true)]
    public double AdamEpsilon { get; init; } = 1e-8;

    [Setting(SettingGroup.Optimization, "Gradient clipping", "Maximum global gradient norm; 0 disables clipping. Lower it when the loss spikes; typically 0.5 to 1.", Minimum = 0, Advanced = true)]
    public double MaxGradNorm { get; init; } = 1.0;

    // The objective.

    [Setting(SettingGroup.Objective, "Loss normalization", "Denominator of the loss: token (maskable tokens), sequence (mean per sequence), or batch (sequences). Change only to reproduce another trainer.", Advanced = true)]
    public LossNorm LossNormType { get; init; } = LossNorm.Token;

    [Setting(SettingGroup.Objective, "Loss weights", "Weight of each masked token: scheduler gives the likelihood bound, uniform weighs all equally, cart[geo_p:0.3] is context-adaptive (Dream; cart_legacy[geo_p:0.3] reproduces dllm before 0.1.0). Default: scheduler, for dream cart[geo_p:0.3].",
        Advanced = true, Pattern = @"scheduler|uniform|cart(_legacy)?\[geo_p:(0?\.\d*[1-9]\d*|1|1\.0+)\]", PatternInWords = "scheduler, uniform, or cart[geo_p:P] with P above 0 and at most 1")]
    public string? LossWeightType { get; init; }

    [Setting(SettingGroup.Objective, "Noise schedule", "Fraction of visible tokens as a function of time t from 0 to 1. linear is the standard.", Advanced = true)]
    public AlphaSchedule AlphaSchedule { get; init; } = AlphaSchedule.Linear;

    [Setting(SettingGroup.Objective, "Minimum time", "Lower bound of the sampled time t; keeps the loss weights finite. Raise it when rare large weights cause loss spikes; typically 1e-4 to 1e-2.", Minimum = 0, Maximum = 1, Exclusive = true, Advanced = true)]
    public double TimeEpsilon { get; init; } = 1e-3;

    [Setting(SettingGroup.Objective, "Time sampling", "How time t is sampled: independent per row, or stratified over the rows of a step. stratified lowers the variance of the loss.", Advanced = true)]
    public TimeSampling TimeSampling { get; init; } = TimeSampling.Independent;

    [Setting(SettingGroup.Objective, "Mask sampling", "How masks are sampled: bernoulli per token, or fixed_count per row. fixed_count lowers the variance of the loss.", Advanced = true)]
    public MaskSampling MaskSampling { get; init; } = MaskSampling.Bernoulli;

    /// <summary>True when a fresh model is made instead of reading one.</summary>
    public bool IsFreshModel => Model is null;

    /// <summary>What learning rates are usual for what is trained.</summary>
    public (string What, double Low, double High) UsualLearningRate => this switch
    {
        { Lora: true } => ("for LoRA", 1e-5, 1e-3),
        { IsFreshModel: true } => ("for training from scratch", 1e-5, 5e-3),
        _ => ("for full fine-tuning", 1e-6, 1e-4),
    };

    /// <summary>The loss weights in force: <see cref="LossWeightType"/>, or the method's own.</summary>
    public string ResolvedLossWeightType => LossWeightType ?? Traits.DefaultLossWeight;

    /// <summary>What the training method is like.</summary>
    public ObjectiveTraits Traits => ObjectiveTraits.Of(TrainingMethod);

    /// <summary>Rows of a full optimizer step, over all processes. No dataset has more than an int can count.</summary>
    public int RowsPerStep => (int)Math.Min(int.MaxValue, (double)BatchSize * GradientAccumulationSteps * (NumProcesses ?? 1));

    /// <summary>Whether all rows of a step are laid out and normalized as one batch; else each batch is by itself, as in the original trainers.</summary>
    public bool StepIsOneBatch => AccumulationReduction == AccumulationReduction.Mean && LossNormScope == LossNormScope.Global;

    /// <summary>Evaluation rows that are laid out together. Left to itself this is a step's, so that it does not depend on how a step is divided.</summary>
    public int ResolvedEvalBatchSize => EvalBatchSize ?? RowsPerStep;
}
