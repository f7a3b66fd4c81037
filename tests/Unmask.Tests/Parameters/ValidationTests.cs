using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Validation;
using Xunit;

namespace Unmask.Tests.Parameters;

/// <summary>The rules that join settings with each other and with facts about model, data and machine.</summary>
public class ValidationTests
{
    private static readonly TrainParameters Good = new() { Dataset = "/data.jsonl", ModelSize = "tiny", LearningRate = 1e-3 };

    public static TheoryData<string, Severity, string, TrainParameters, ValidationFacts> Wrong => new()
    {
        { "a method that is not the model's", Severity.Error, "training_method", Good, new() { ModelClass = "DreamModel", MethodOfModel = TrainingMethod.Dream } },
        { "no padding token", Severity.Error, "tokenizer", Good, new() { Tokenizer = new(null, 1) } },
        { "no end-of-text token", Severity.Error, "tokenizer", Good, new() { Tokenizer = new(0, null) } },
        { "a file that is not there", Severity.Error, "dataset", Good, new() { Inputs = [Problem.Error("dataset", "It is not there.")] } },
        { "steps beside epochs", Severity.Warning, "train_steps", Good with { NumTrainEpochs = 2, TrainSteps = 5 }, new() },
        { "4-bit without adapters", Severity.Error, "load_in_4bit", Good with { LoadIn4bit = true }, new() },
        { "saves after the end", Severity.Warning, "save_steps", Good with { TrainSteps = 10, SaveSteps = 20 }, new() },
        { "evaluations after the end", Severity.Warning, "eval_steps", Good with { TrainSteps = 10, EvalSteps = 20, SaveSteps = 10 }, new() },
        { "evaluation without rows", Severity.Error, "eval_dataset", Good with { EvalDataset = "/e" }, new() { EvalRows = 0 } },
        { "evaluation without any data", Severity.Error, "eval_split", Good with { EvalSplit = 0 }, new() },
        { "warm-up with a constant rate", Severity.Warning, "warmup_ratio", Good with { LearningRateSchedule = LearningRateScheduleKind.Constant }, new() },
        { "no warm-up where one was asked for", Severity.Warning, "warmup_ratio", Good with { LearningRateSchedule = LearningRateScheduleKind.ConstantWithWarmup, WarmupRatio = 0 }, new() },
        { "a warm-up over everything", Severity.Warning, "warmup_ratio", Good with { WarmupRatio = 1 }, new() },
        { "many rows cut", Severity.Warning, "max_length", Good, new() { TrainRows = 100, TruncatedRows = 6 } },
        { "many rows dropped", Severity.Warning, "max_length", Good, new() { TrainRows = 90, DroppedRows = 10 } },
        { "no row left", Severity.Error, "max_length", Good, new() { TrainRows = 0, DroppedRows = 10 } },
        { "no row at all", Severity.Error, "dataset", Good, new() { TrainRows = 0 } },
        { "a Dream setting elsewhere", Severity.Warning, "resp_cutoff_ratio", Good with { RespCutoffRatio = 0.5 }, new() },
        { "a LoRA setting without LoRA", Severity.Warning, "lora_r", Good with { LoraR = 3 }, new() },
        { "two cuts of which one counts", Severity.Warning, "resp_cutoff_ratio", Good with { TrainingMethod = TrainingMethod.Dream, RespCutoffRatio = 0.1 }, new() },
        { "a Dream weight elsewhere", Severity.Error, "loss_weight_type", Good with { LossWeightType = "cart[geo_p:0.3]" }, new() },
        { "a GPU that is not there", Severity.Error, "gpu_ids", Good with { GpuIds = "2" }, new() { GpuCount = 2 } },
        { "one of several GPUs that is not there", Severity.Error, "gpu_ids", Good with { GpuIds = "0,2" }, new() { GpuCount = 2 } },
        { "something to divide among one process", Severity.Warning, "zero_stage", Good with { ZeroStage = 1 }, new() },
        { "CUDA that is not there", Severity.Error, "train_device", Good with { TrainDevice = TrainDevice.Cuda }, new() { CudaAvailable = false } },
        { "tight memory", Severity.Warning, "batch_size", Good, new() { EstimatedMemoryBytes = 95, DeviceMemoryBytes = 100 } },
        { "too little memory", Severity.Error, "batch_size", Good, new() { EstimatedMemoryBytes = 101, DeviceMemoryBytes = 100 } },
        { "too little disk", Severity.Error, "save_total_limit", Good, new() { CheckpointBytes = 10, ModelBytes = 5, FreeDiskBytes = 44 } },
        { "an unusual learning rate", Severity.Warning, "learning_rate", Good with { LearningRate = 0.1 }, new() },
        { "a measure without data", Severity.Error, "final_evaluation_dataset", Good with { FinalEvaluation = FinalEvaluationKind.EditDistance }, new() },
        { "an unknown architecture", Severity.Error, "model_architecture", Good with { ModelArchitecture = "brt" }, new() { Architectures = ["bert", "modernbert"] } },
        { "an unknown size", Severity.Error, "model_size", Good with { ModelSize = "huge" }, new() { ModelSizes = ["tiny", "base"] } },
        { "LoRA on fresh weights", Severity.Error, "lora", Good with { Lora = true, Model = null, ModelSize = "tiny" }, new() },
        { "a device that LibTorch does not have", Severity.Error, "train_device", Good with { TrainDevice = TrainDevice.Tpu }, new() },
        { "a GPU without bfloat16", Severity.Error, "dtype", Good, new() { Gpu = new(0, 100, 90, 0, Bfloat16: false) } },
        { "a GPU that others use", Severity.Warning, "gpu_ids", Good, new() { GpuCount = 1, Gpu = new(0, 100, 9, 2, Bfloat16: true) } },
        { "checkpoints without an evaluation", Severity.Warning, "save_steps", Good with { EvalSteps = 40, SaveSteps = 60 }, new() },
        { "prompts masked in plain text", Severity.Warning, "mask_prompt_loss", Good, new() { TrainRows = 90, PlainTextRows = 100 } },
        { "an alpha that is no multiple", Severity.Warning, "lora_alpha", Good with { Model = "/m", Lora = true, LoraR = 32, LoraAlpha = 40 }, new() },
        { "a rank out of range", Severity.Error, "lora_r", Good with { Model = "/m", Lora = true, LoraR = 6 }, new() },
        { "a dropout out of range", Severity.Error, "lora_dropout", Good with { Model = "/m", Lora = true, LoraDropout = 0 }, new() },
        { "a share of steps that is none", Severity.Error, "eval_steps", Good with { EvalSteps = 1.5 }, new() },
        { "an illegal name", Severity.Error, "adaptor_name", Good with { AdaptorName = "a/b" }, new() },
    };

    [Theory, MemberData(nameof(Wrong))]
    public void Each_rule_finds_what_it_is_for(string what, Severity severity, string setting, TrainParameters parameters, ValidationFacts facts)
    {
        IReadOnlyList<Problem> problems = ParameterValidation.Check(parameters, facts);
        Problem found = Assert.Single(problems, problem => problem.Setting == setting && problem.Severity == severity);
        Assert.True(found.Sentence.EndsWith('.') || found.Sentence.EndsWith('?'), $"{what}: {found.Sentence}");
    }

    [Fact]
    public void Good_settings_and_good_facts_bring_no_problem() => Assert.Empty(ParameterValidation.Check(Good, new()
    {
        ModelClass = "BertForMaskedLM",
        MethodOfModel = TrainingMethod.Bert,
        Tokenizer = new(0, 1),
        Architectures = ["bert"],
        ModelSizes = ["tiny"],
        TrainRows = 100,
        TruncatedRows = 5,
        DroppedRows = 0,
        EvalRows = 10,
        CudaAvailable = false,
        GpuCount = 0,
        EstimatedMemoryBytes = 90,
        DeviceMemoryBytes = 100,
        CheckpointBytes = 10,
        ModelBytes = 5,
        FreeDiskBytes = 45,
    }));

    [Fact]
    public void A_short_run_needs_disk_for_the_checkpoints_it_makes_only()
    {
        var shortRun = Good with { TrainSteps = 10, SaveSteps = 10, EvalSteps = 5, SaveTotalLimit = 50, KeepBest = false };
        Assert.Empty(ParameterValidation.Check(shortRun, new() { CheckpointBytes = 10, ModelBytes = 5, FreeDiskBytes = 25 }));
        Assert.Single(ParameterValidation.Check(shortRun, new() { CheckpointBytes = 10, ModelBytes = 5, FreeDiskBytes = 24 }));
    }

    [Theory]
    [InlineData(3, 6)]
    [InlineData(6, 3)]
    [InlineData(0.25, 0.5)]
    public void Saves_and_evaluations_meet_where_one_is_a_multiple_of_the_other(double save, double eval) =>
        Assert.Empty(ParameterValidation.Check(Good with { TrainSteps = 100, SaveSteps = save, EvalSteps = eval }, ValidationFacts.None));

    [Fact]
    public void The_share_of_cut_rows_is_of_all_that_were_read() => Assert.Contains(
        ParameterValidation.Check(Good, new() { TrainRows = 80, KeptRows = 100, TruncatedRows = 100 }),
        problem => problem.Sentence.StartsWith("100% of the rows are truncated", StringComparison.Ordinal));

    [Fact]
    public void Unknown_facts_bring_no_problem() => Assert.Empty(ParameterValidation.Check(Good, ValidationFacts.None));

    [Fact]
    public void The_settings_of_the_plugin_are_all_there_with_their_defaults()
    {
        (string Name, string Default)[] plugin =
        [
            ("gpu_ids", "auto"), ("training_method", "bert"), ("batch_size", "4"), ("learning_rate_schedule", "cosine"), ("learning_rate", "2e-5"),
            ("num_train_epochs", "0"), ("train_steps", "1000"), ("max_length", "1024"), ("mask_prompt_loss", "true"), ("load_in_4bit", "false"), ("lora", "false"),
            ("lora_r", "32"), ("lora_alpha", "64"), ("lora_dropout", "0.05"), ("dtype", "bfloat16"), ("gradient_accumulation_steps", "1"), ("warmup_ratio", "0.1"),
            ("logging_steps", "10"), ("eval_strategy", "steps"), ("eval_steps", "0.25"), ("save_steps", "0.25"), ("num_proc", "8"), ("truncation", "right"),
            ("perbatch_cutoff", "true"), ("resp_cutoff_ratio", "0"), ("adaptor_name", "adaptor"), ("seed", "42"), ("bias", "none"),
        ];
        foreach ((string name, string expected) in plugin)
        {
            Setting? setting = ParameterCatalog.Find(name);
            Assert.True(setting is not null, $"{name} is missing");
            Assert.Equal(expected, setting.Shown(setting.Default));
        }

        foreach (string name in new[] { "train_device", "loss_weight_type", "log_to_wandb", "max_steps", "target_modules", "output_dir", "input_template" })
            Assert.NotNull(ParameterCatalog.Find(name));
        Assert.Equal("cart[geo_p:0.3]", new TrainParameters { TrainingMethod = TrainingMethod.Dream }.ResolvedLossWeightType);
    }

    [Fact]
    public void Every_default_is_in_its_own_range() =>
        Assert.Empty(ParameterCatalog.Settings.Select(setting => setting.Problem(setting.Default)).OfType<string>());
}
