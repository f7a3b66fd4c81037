namespace Unmask.Core.Parameters;

/// <summary>
/// Every setting of a training run, immutable. Each property carries its own title, help, range and group; its name in recipes and
/// flags is the property's in snake_case, its default the initial value here. Nothing else says these things a second time:
/// <see cref="ParameterCatalog"/> reads them for the recipe reader, the validation, the JSON schema and the documentation.
/// Rules that join several settings are in <see cref="CrossFieldRules"/>.
/// </summary>
/// <remarks>Names, defaults and ranges are those of Transformer Lab's Diffusion LLM Trainer where it has the setting, so that a user's
/// configuration carries over. Three defaults differ on purpose: <c>train_device</c> is auto (there: cuda), <c>log_to_wandb</c> is off
/// until it can work, and <c>loss_weight_type</c> follows the method.</remarks>
public sealed partial record TrainParameters
{
    // The model.

    [Setting(SettingGroup.Model, "Model", "Folder of the model to train (Hugging Face layout), or owner/name of one of the Hugging Face Hub, with @revision where it matters. Leave it out to make a fresh model.", IsPath = true)]
    public string? Model { get; init; }

    [Setting(SettingGroup.Model, "Architecture of a fresh model", "Which architecture a fresh model has, e.g. bert or modernbert.", OnlyFor = SettingScope.FreshModel)]
    public string ModelArchitecture { get; init; } = "bert";

    [Setting(SettingGroup.Model, "Size of a fresh model", "A named size of the architecture, e.g. tiny, small or base.", OnlyFor = SettingScope.FreshModel)]
    public string? ModelSize { get; init; }

    [Setting(SettingGroup.Model, "Config of a fresh model", "Values of the model's config.json that differ from the named size, e.g. {hidden_size: 192}.", Advanced = true, OnlyFor = SettingScope.FreshModel)]
    public ValueMap ModelConfig { get; init; } = ValueMap.Empty;

    [Setting(SettingGroup.Model, "Tokenizer", "Folder of the tokenizer, or owner/name of a model of the Hugging Face Hub that has it. Left out: the one in the model's folder, or for a fresh model a vocabulary learned from the data.", IsPath = true)]
    public string? Tokenizer { get; init; }

    [Setting(SettingGroup.Model, "Vocabulary to learn", "What a fresh vocabulary consists of: single characters, words between blanks, or byte-level BPE pieces.", OnlyFor = SettingScope.FreshModel)]
    public VocabularyKind Vocabulary { get; init; } = VocabularyKind.Bytebpe;

    [Setting(SettingGroup.Model, "Vocabulary size", "The most tokens that a learned vocabulary may have, special tokens included.", Minimum = 16, Maximum = 4_000_000, OnlyFor = SettingScope.FreshModel)]
    public int VocabSize { get; init; } = 8192;

    [Setting(SettingGroup.Model, "Chat template", "How messages become text: bert, llada, dream or plain, tokenizer for the tokenizer's own, or the path of a Jinja file. Left out: the tokenizer's own (for llada the family's, where the tokenizer's writes its headers), else that of the model's family (plain with a learned vocabulary).", Advanced = true, WordOrPath = true)]
    public string? ChatTemplate { get; init; }

    // The method.

    [Setting(SettingGroup.Method, "Training method", "bert and llada train by masked diffusion; dream by its own variant with context-adaptive weights.")]
    public TrainingMethod TrainingMethod { get; init; } = TrainingMethod.Bert;

    [Setting(SettingGroup.Method, "Training device", "Where to train. auto takes CUDA where the program and the machine have it, else the CPU.")]
    public TrainDevice TrainDevice { get; init; } = TrainDevice.Auto;

    [Setting(SettingGroup.Method, "GPU ids", "Which GPUs to train on, one process each: auto for all that this machine shows, or their numbers, such as 0,2.",
        Pattern = @"auto|\d+(\s*,\s*\d+)*", PatternInWords = "auto, or GPU numbers joined by commas such as 0,2")]
    public string GpuIds { get; init; } = "auto";

    [Setting(SettingGroup.Method, "Processes", "Over how many processes the rows of a step are spread, on this machine or several. Left out: one for each GPU, one on the CPU, or as many as mpirun, srun or the like have started.", Minimum = 1, Maximum = 65536, Advanced = true)]
    public int? NumProcesses { get; init; }

    [Setting(SettingGroup.Method, "ZeRO stage", "What several processes divide among themselves instead of each holding all of it: 0 nothing, 1 the optimizer's state, 2 that and the summed gradients. The numbers stay the same.", Minimum = 0, Maximum = 2, Advanced = true)]
    public int ZeroStage { get; init; }

    [Setting(SettingGroup.Method, "Deterministic", "Computes each row by itself and sums gradients exactly, so that losses and weights are the same to the bit however the rows of a step are divided into batches and processes. Slower, and on one thread unless threads is set.", Advanced = true)]
    public bool Deterministic { get; init; }

    [Setting(SettingGroup.Method, "Data type", "Number format of weights and activations in training. bfloat16 and float16 keep float32 master weights in the optimizer; float16 scales the loss so that small gradients do not become 0. Take float16 on GPUs older than Ampere, which have no bfloat16.")]
    public TrainDtype Dtype { get; init; } = TrainDtype.Bfloat16;

    [Setting(SettingGroup.Method, "Activation checkpointing", "Keep the activations of one layer at a time and compute the others again in the backward pass: much less memory, about a quarter slower, the same numbers.", Advanced = true)]
    public bool ActivationCheckpointing { get; init; }

    [Setting(SettingGroup.Method, "Threads", "CPU threads. Left out: the number of physical cores, shared by the processes of the machine.", Minimum = 1, Maximum = 4096, Advanced = true)]
    public int? Threads { get; init; }

    // Core.

    [Setting(SettingGroup.Core, "Batch size", "Sequences that each process puts through the model at once. More needs more memory and makes fewer steps.", Minimum = 1)]
    public int BatchSize { get; init; } = 4;

    [Setting(SettingGroup.Core, "Gradient accumulation", "Batches of each process whose gradients are joined into one step; a step has batch_size times this times num_processes rows.", Minimum = 1)]
    public int GradientAccumulationSteps { get; init; } = 1;

    [Setting(SettingGroup.Core, "How accumulated gradients join", "mean equals one large batch; sum is what the original trainer does for ModernBERT and Dream.", Advanced = true)]
    public AccumulationReduction AccumulationReduction { get; init; } = AccumulationReduction.Mean;

    [Setting(SettingGroup.Core, "Scope of the loss normalization", "global divides by the tokens of the whole step; process lets every process divide by its own and averages, as the original trainers do.", Advanced = true)]
    public LossNormScope LossNormScope { get; init; } = LossNormScope.Global;

    [Setting(SettingGroup.Core, "Epochs", "Passes over the data; 0 leaves the length to train_steps.", Minimum = 0)]
    public int NumTrainEpochs { get; init; }

    [Setting(SettingGroup.Core, "Training steps", "Optimizer steps, used when num_train_epochs is 0.", Minimum = 1, Alias = "max_steps")]
    public int TrainSteps { get; init; } = 1000;

    [Setting(SettingGroup.Core, "Longest sequence", "Most tokens of a row; lower saves memory and time.", Minimum = 1)]
    public int MaxLength { get; init; } = 1024;

    [Setting(SettingGroup.Core, "Seed", "Start of every random choice: fresh weights, data order, held-out rows, noise.", Minimum = 0, Advanced = true)]
    public long Seed { get; init; } = 42;

    // Optimization.

    [Setting(SettingGroup.Optimization, "Learning rate", "Highest step size. About 1e-4 for fine-tuning an encoder, 1e-3 for a small fresh model.", Minimum = 1e-6)]
    public double LearningRate { get; init; } = 2e-5;

    [Setting(SettingGroup.Optimization, "Learning rate schedule", "How the learning rate changes: constant (no warm-up), constant_with_warmup, linear or cosine decay to 0.")]
    public LearningRateScheduleKind LearningRateSchedule { get; init; } = LearningRateScheduleKind.Cosine;

    [Setting(SettingGroup.Optimization, "Warm-up share", "Share of all steps over which the learning rate climbs from 0.", Minimum = 0, Maximum = 1)]
    public double WarmupRatio { get; init; } = 0.1;

    [Setting(SettingGroup.Optimization, "Warm-up steps", "Steps of warm-up; above 0 it replaces warmup_ratio.", Minimum = 0, Advanced = true)]
    public int WarmupSteps { get; init; }

    [Setting(SettingGroup.Optimization, "Weight decay", "Decoupled weight decay; norms and biases are left out.", Minimum = 0, Maximum = 1, Advanced = true)]
    public double WeightDecay { get; init; }

    [Setting(SettingGroup.Optimization, "Adam beta 1", "Decay of the gradient average.", Minimum = 0, Maximum = 0.9999999, Advanced = true)]
    public double AdamBeta1 { get; init; } = 0.9;

    [Setting(SettingGroup.Optimization, "Adam beta 2", "Decay of the average of squared gradients.", Minimum = 0, Maximum = 0.9999999, Advanced = true)]
    public double AdamBeta2 { get; init; } = 0.999;

    [Setting(SettingGroup.Optimization, "Adam epsilon", "Small number that keeps the division defined.", Minimum = 1e-16, Maximum = 1, Advanced = true)]
    public double AdamEpsilon { get; init; } = 1e-8;

    [Setting(SettingGroup.Optimization, "Gradient clipping", "Largest global gradient norm; 0 turns clipping off.", Minimum = 0, Advanced = true)]
    public double MaxGradNorm { get; init; } = 1.0;

    // The objective.

    [Setting(SettingGroup.Objective, "Loss normalization", "What the summed loss is divided by: maskable tokens, tokens of each sequence and then sequences, or sequences.", Advanced = true)]
    public LossNorm LossNormType { get; init; } = LossNorm.Token;

    [Setting(SettingGroup.Objective, "Loss weights", "scheduler gives the likelihood bound, uniform weighs all masked tokens alike, cart[geo_p:0.3] is Dream's, by the visible tokens near (cart_legacy[geo_p:0.3] as trainers before dllm 0.1.0 computed it). Left out: scheduler, or cart[geo_p:0.3] for dream.",
        Advanced = true, Pattern = @"scheduler|uniform|cart(_legacy)?\[geo_p:(0?\.\d*[1-9]\d*|1|1\.0+)\]", PatternInWords = "scheduler, uniform, or cart[geo_p:P] with P above 0 and at most 1")]
    public string? LossWeightType { get; init; }

    [Setting(SettingGroup.Objective, "Noise schedule", "How the share of visible tokens falls as time runs from 0 to 1.", Advanced = true)]
    public AlphaSchedule AlphaSchedule { get; init; } = AlphaSchedule.Linear;

    [Setting(SettingGroup.Objective, "Smallest time", "Times are drawn from this to 1; keeps the loss weights finite.", Minimum = 0, Maximum = 1, Exclusive = true, Advanced = true)]
    public double TimeEpsilon { get; init; } = 1e-3;

    [Setting(SettingGroup.Objective, "Times", "independent draws one time a row; stratified spreads the times of neighboring rows evenly, which lowers the variance of the loss.", Advanced = true)]
    public TimeSampling TimeSampling { get; init; } = TimeSampling.Independent;

    [Setting(SettingGroup.Objective, "Masks", "bernoulli masks each token by chance; fixed_count masks an exact number of tokens a row, which lowers the variance of the loss.", Advanced = true)]
    public MaskSampling MaskSampling { get; init; } = MaskSampling.Bernoulli;

    /// <summary>True when a fresh model is made instead of reading one.</summary>
    public bool IsFreshModel => Model is null;

    /// <summary>What learning rates are usual for what is trained.</summary>
    public (string What, double Low, double High) UsualLearningRate => this switch
    {
        { Lora: true } => ("for LoRA", 1e-5, 1e-3),
        { IsFreshModel: true } => ("for a fresh model", 1e-5, 5e-3),
        _ => ("for fine-tuning all weights", 1e-6, 1e-4),
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
