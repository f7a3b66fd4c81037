using System.Text.Json.Nodes;
using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Import;
using Unmask.Core.Parameters.Recipes;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Parameters.Import;

public sealed class TransformerLabImportTests
{
    /// <summary>The fields of the trainer's form as it saves them, most of them as text.</summary>
    private static JsonObject Form(string method, string architecture) => new()
    {
        ["template_name"] = "KaleidoscopicNarwhal",
        ["plugin_name"] = "dllm_trainer_multi_gpu",
        ["model_name"] = "org/model",
        ["model_architecture"] = architecture,
        ["dataset_name"] = "org/rows",
        ["type"] = "LoRA",
        ["formatting_template"] = "",
        ["train_device"] = "cuda",
        ["gpu_ids"] = "auto",
        ["training_method"] = method,
        ["batch_size"] = "8",
        ["learning_rate_schedule"] = "constant_with_warmup",
        ["learning_rate"] = "1e-5",
        ["num_train_epochs"] = "0",
        ["train_steps"] = "2000",
        ["max_length"] = 512.0,
        ["mask_prompt_loss"] = "true",
        ["load_in_4bit"] = "false",
        ["lora"] = "on",
        ["lora_r"] = "16",
        ["lora_alpha"] = 32,
        ["lora_dropout"] = "0.1",
        ["dtype"] = "float32",
        ["gradient_accumulation_steps"] = "2",
        ["warmup_ratio"] = "0.05",
        ["logging_steps"] = "5",
        ["eval_strategy"] = "epoch",
        ["eval_steps"] = "0.25",
        ["save_steps"] = "100",
        ["num_proc"] = "4",
        ["truncation"] = "filter",
        ["perbatch_cutoff"] = "false",
        ["resp_cutoff_ratio"] = "0.1",
        ["loss_weight_type"] = "cart[geo_p:0.3]",
        ["adaptor_name"] = "night-1",
        ["log_to_wandb"] = "false",
    };

    private static JsonObject Task(JsonNode config) => new()
    {
        ["id"] = "5f7c",
        ["name"] = "KaleidoscopicNarwhal",
        ["type"] = "TRAIN",
        ["inputs"] = new JsonObject { ["model_name"] = "org/model", ["dataset_name"] = "org/rows" },
        ["config"] = config,
        ["plugin"] = "dllm_trainer_multi_gpu",
        ["outputs"] = new JsonObject { ["adaptor_name"] = "night-1" },
        ["experiment_id"] = "alpha",
        ["created_at"] = "2025-11-20T09:00:00",
    };

    private static ImportedRecipe Import(JsonNode json) => RecipeImport.Parse(json.ToJsonString(), "template.json");

    [Theory]
    [InlineData("bert", "ModernBertForMaskedLM")]
    [InlineData("llada", "LLaDAModelLM")]
    [InlineData("dream", "DreamModel")]
    public void Every_field_of_the_form_comes_over_with_its_value(string method, string architecture)
    {
        var imported = Import(Task(Form(method, architecture).ToJsonString()));
        var p = Imported.Reread(imported);

        var expected = new TrainParameters
        {
            Model = "org/model",
            Dataset = "org/rows",
            TrainingMethod = Enum.Parse<TrainingMethod>(method, ignoreCase: true),
            TrainDevice = TrainDevice.Cuda,
            BatchSize = 8,
            LearningRateSchedule = LearningRateScheduleKind.ConstantWithWarmup,
            LearningRate = 1e-5,
            TrainSteps = 2000,
            MaxLength = 512,
            Lora = true,
            LoraR = 16,
            LoraAlpha = 32,
            LoraDropout = 0.1,
            Dtype = TrainDtype.Float32,
            GradientAccumulationSteps = 2,
            WarmupRatio = 0.05,
            LoggingSteps = 5,
            EvalStrategy = EvalStrategy.Epoch,
            SaveSteps = 100,
            NumProc = 4,
            Truncation = Truncation.Filter,
            AdaptorName = "night-1",
            LossNormType = LossNorm.Sequence,
        };
        if (method == "dream") expected = expected with { EosPadding = false, LossWeightType = "cart[geo_p:0.3]", PerbatchCutoff = false, RespCutoffRatio = 0.1 };
        Assert.Equal(expected, p);

        Imported.Tells(imported.Changed, "model is \"org/model\", a name on the Hugging Face Hub");
        Imported.Tells(imported.Changed, "dataset is \"org/rows\", a name on the Hugging Face Hub");
        Imported.Tells(imported.LeftOut, "Fields by which Transformer Lab keeps its books: id, experiment_id, created_at.");
        Imported.Tells(imported.LeftOut, "Empty fields: formatting_template.");
        if (method == "dream") Imported.Tells(imported.Changed, "cart_legacy[geo_p:0.3]");
        else Imported.Tells(imported.LeftOut, "loss_weight_type is cart[geo_p:0.3], which belongs to training_method dream");
    }

    [Fact]
    public void A_whole_task_its_config_alone_and_either_as_text_say_the_same()
    {
        var form = Form("bert", "BertForMaskedLM");
        var expected = Imported.Reread(Import(Task(form.DeepClone())));
        foreach (var json in new JsonNode[] { form, Task(form.ToJsonString()), JsonValue.Create(Task(form.DeepClone()).ToJsonString()), new JsonArray(Task(form.ToJsonString())) })
            Assert.Equal(expected, Imported.Reread(Import(json)));
    }

    [Fact]
    public void What_the_form_did_not_know_is_told_and_never_silent()
    {
        var form = Form("bert", "BertForMaskedLM");
        form["favourite_colour"] = "blue";
        form["run_sweeps"] = "true";
        form["learning_rate"] = "fast";
        form["train_device"] = "tpu";
        form["gpu_ids"] = "0, 2";
        form["adaptor_name"] = "Müller's run";
        var imported = Import(form);
        var p = Imported.Reread(imported);

        Imported.Tells(imported.LeftOut, "favourite_colour (blue): the Diffusion LLM Trainer has no such field.");
        Imported.Tells(imported.LeftOut, "run_sweeps (true): there are no sweeps here");
        Imported.Tells(imported.LeftOut, "learning_rate is \"fast\", which it cannot be. It must be a number");
        Imported.Tells(imported.Changed, "became adaptor_name M-ller-s-run");
        Assert.Equal((TrainDevice.Tpu, "0, 2", new TrainParameters().LearningRate), (p.TrainDevice, p.GpuIds, p.LearningRate));
        Assert.Contains(Recipe.Parse(imported.Write()).Check(), problem => problem.Setting == "train_device");
    }

    [Fact]
    public void Epochs_leave_the_steps_out_as_there()
    {
        var form = Form("llada", "LLaDAModelLM");
        form["num_train_epochs"] = "4";
        form["train_steps"] = "1";
        var imported = Import(form);

        Assert.Equal((4, 1000), (Imported.Reread(imported).NumTrainEpochs, Imported.Reread(imported).TrainSteps));
        Imported.Tells(imported.LeftOut, "train_steps (1) counts only with num_train_epochs 0");
    }

    [Fact]
    public void The_method_follows_the_architecture_where_the_template_has_none_and_a_contradiction_is_told()
    {
        var form = Form("bert", "DreamModel");
        Imported.Tells(Import(form).Changed, "training_method is bert, but DreamModel is trained by dream");
        form.Remove("training_method");
        Assert.Equal(TrainingMethod.Dream, Imported.Reread(Import(form)).TrainingMethod);
    }

    [Fact]
    public void The_defaults_of_the_data_template_become_the_question_they_were_meant_to_be()
    {
        var form = Form("bert", "BertForMaskedLM");
        form["instruction_template"] = "{{instruction}}";
        form["input_template"] = "{{ input }}";
        form["output_template"] = "{{output}}";
        var imported = Import(form);
        var p = Imported.Reread(imported);

        Assert.Equal(("{{ instruction }}{% if input %}\n\n{{ input }}{% endif %}", "{{output}}", null), (p.InputTemplate, p.OutputTemplate, p.InstructionTemplate));
        Imported.Tells(imported.Changed, "it puts the words \"{{instruction}}\" into the system message");
    }

    [Theory]
    [InlineData("You are a poet.", false)]
    [InlineData("Answer about {{topic}}.", true)]
    public void Another_instruction_template_comes_over_and_what_changes_is_told(string instruction, bool changes)
    {
        var form = Form("bert", "BertForMaskedLM");
        form["instruction_template"] = instruction;
        form["input_template"] = "{{question}}";
        form["output_template"] = "{{answer}}";
        var imported = Import(form);
        var p = Imported.Reread(imported);

        Assert.Equal((instruction, "{{question}}", "{{answer}}"), (p.InstructionTemplate, p.InputTemplate, p.OutputTemplate));
        Assert.Equal(changes, imported.Changed.Any(sentence => sentence.Contains("{% raw %}", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("{\"config\": {\"plugin_name\": \"llama_trainer\", \"batch_size\": 1}}", "belongs to the plugin llama_trainer")]
    [InlineData("{\"type\": \"EVAL\", \"config\": {\"batch_size\": 1}}", "is a template of the type EVAL")]
    [InlineData("[{}, {}]", "holds 2 templates")]
    [InlineData("{\"a\": 1}", "none of its fields is a setting")]
    [InlineData("{\"a\": 1", "is not valid JSON")]
    [InlineData("{\"config\": \"x\"}", "The config of template.json is not a JSON object.")]
    public void What_is_no_such_template_is_refused(string json, string sentence) =>
        Assert.Contains(sentence, Assert.Throws<UserError>(() => RecipeImport.Parse(json, "template.json")).Message);
}
