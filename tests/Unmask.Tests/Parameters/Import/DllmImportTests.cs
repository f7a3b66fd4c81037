using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Import;
using Unmask.Core.Parameters.Recipes;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Parameters.Import;

public sealed class DllmImportTests
{
    private static ImportedRecipe Import(string text) => RecipeImport.Parse(text, "train.sh");

    [Fact]
    public void A_script_with_lora_in_4_bits()
    {
        var imported = Import("""
            #!/bin/bash
            # LLaDA on one machine
            export HF_HOME=/data/hub
            accelerate launch \
                --config_file scripts/accelerate_configs/zero2.yaml --num_processes 8 \
                examples/llada/sft.py \
                --model_name_or_path "GSAI-ML/LLaDA-8B-Base" \
                --dataset_args "data/rows[train:10_000,test:100]" \
                --load_in_4bit True --lora True --r 16 --lora_alpha=32 --target_modules q_proj,v_proj \
                --num_train_epochs 4 --per_device_train_batch_size 2 --gradient_accumulation_steps 4 \
                --loss_norm_type sequence --report_to none --seed 7 --deepspeed x.json \
                --output_dir "models/LLaDA/rows[train:10000]" > log.txt 2>&1 &
            """);
        var p = Imported.Reread(imported);

        Assert.Equal(new TrainParameters
        {
            Model = "GSAI-ML/LLaDA-8B-Base",
            Dataset = "data/rows",
            TrainRows = 10_000,
            EvalRows = 100,
            TrainingMethod = TrainingMethod.Llada,
            LoadIn4bit = true,
            Lora = true,
            LoraR = 16,
            LoraAlpha = 32,
            TargetModules = ["q_proj", "v_proj"],
            NumTrainEpochs = 4,
            BatchSize = 2,
            GradientAccumulationSteps = 4,
            GroupByLength = true,
            LossNormType = LossNorm.Sequence,
            Seed = 7,
            EvalSteps = 0.1,
            SaveSteps = 0.1,
            AdaptorName = "rows-train-10000",
            OutputDir = "models/LLaDA",
        }, p);
        Imported.Tells(imported.Changed, "The command starts 8 processes, so that a step sees 64 rows");
        Imported.Tells(imported.Changed, "here they are held out from training");
        Imported.Tells(imported.LeftOut, "deepspeed (x.json): set num_processes");
        Imported.Tells(imported.LeftOut, "Other commands of the script: export HF_HOME=/data/hub.");
        Assert.DoesNotContain("log.txt", imported.Write());
        Assert.Contains("group_by_length: true  # default of examples/llada/sft.py", imported.Write());
    }

    [Fact]
    public void A_script_with_nothing_but_its_defaults()
    {
        var bert = Imported.Reread(Import("torchrun --nproc_per_node 1 examples/bert/sft.py"));
        Assert.Equal(("answerdotai/ModernBERT-large", "tatsu-lab/alpaca", 512, 20, 1e-4, 16, true, 0.05), (bert.Model, bert.Dataset, bert.MaxLength, bert.NumTrainEpochs, bert.LearningRate, bert.BatchSize, bert.GroupByLength, bert.EvalSplit));
        var llada = Imported.Reread(Import("python examples/llada/pt.py --insert_eos False --streaming True --text_field content"));
        Assert.Equal((true, false, 100_000, 4, "content", 0), (llada.Pretrain, llada.InsertEos, llada.TrainSteps, llada.GradientAccumulationSteps, llada.TextColumn, llada.NumTrainEpochs));
    }

    [Fact]
    public void Arguments_of_dream_and_of_the_trainer()
    {
        var imported = RecipeImport.FromCommand(
        [
            "--model-name-or-path", "Dream-org/Dream-v0-Base-7B", "--dataset_args", "rows.jsonl", "--no_perbatch_cutoff", "--resp_cutoff_ratio", "0.3", "--loss_weight_type", "cart[geo_p:1.0]",
            "--right_shift_logits", "True", "--time_epsilon", "0.01", "--scheduler_cls", "CosineAlphaScheduler", "--lr_scheduler_type", "linear", "--warmup_steps", "50", "--max_steps", "300", "--num_train_epochs", "3",
            "--eval_strategy", "no", "--save_strategy", "epoch", "--fp16", "--gradient_checkpointing", "--max_grad_norm", "0.5", "--report_to", "tensorboard", "wandb", "--run_name", "first try", "--optim", "adamw_torch", "--lora_dropout", "0.2",
        ]);
        var p = Imported.Reread(imported);

        Assert.Equal(new TrainParameters
        {
            Model = "Dream-org/Dream-v0-Base-7B",
            Dataset = "/nowhere/rows.jsonl",
            TrainingMethod = TrainingMethod.Dream,
            PerbatchCutoff = false,
            RespCutoffRatio = 0.3,
            LossWeightType = "cart[geo_p:0.3]",
            TimeEpsilon = 0.01,
            AlphaSchedule = AlphaSchedule.Cosine,
            LearningRateSchedule = LearningRateScheduleKind.Linear,
            WarmupSteps = 50,
            TrainSteps = 300,
            EvalStrategy = EvalStrategy.No,
            SaveSteps = 0.1,
            Dtype = TrainDtype.Float16,
            ActivationCheckpointing = true,
            MaxGradNorm = 0.5,
            LogToWandb = true,
            AdaptorName = "first-try",
        }, p);
        Imported.Tells(imported.Changed, "loss_weight_type \"cart[geo_p:1.0]\" is cart[geo_p:0.3] here");
        Imported.Tells(imported.LeftOut, "num_train_epochs (3): max_steps is given too");
        Imported.Tells(imported.LeftOut, "lora_dropout (0.2) counts only with lora: true.");
        Imported.Tells(imported.LeftOut, "save_strategy (epoch)");
        Imported.Tells(imported.LeftOut, "These need no setting here: right_shift_logits True for dream, optim adamw_torch.");
    }

    [Theory]
    [InlineData("x[foo]", "\"foo\" in its brackets is not of the form key:value")]
    [InlineData("k=v,m=n[train:3]", "as key=value pairs")]
    [InlineData("x[kind:python,train:5]", "kind:python of dataset_args")]
    [InlineData("x[test:5,validation:6]", "validation:6 of dataset_args")]
    public void What_a_recipe_cannot_say_of_a_data_set_is_told(string dataset, string part) =>
        Imported.Tells(RecipeImport.FromCommand(["--dataset_args", dataset, "--model_name_or_path", "bert"]).LeftOut, part);

    [Fact]
    public void Several_data_sets_and_configurations_come_over_as_they_are_written()
    {
        var joined = RecipeImport.FromCommand(["--dataset_args", "a/b[train:1_000,test:10] | c/d[name:x,lang:py,kind:z]", "--model_name_or_path", "bert"]);
        var one = RecipeImport.FromCommand(["--dataset_args", "c/d[name:x,train:5,lang:py]", "--model_name_or_path", "bert"]);

        Assert.Equal("a/b[train:1_000,test:10]+c/d[name:x,lang:py]", Imported.Reread(joined).Dataset);
        Imported.Tells(joined.LeftOut, "kind:z of dataset_args");
        Imported.Tells(joined.Changed, "kept apart");
        Assert.Equal(("c/d[name:x,lang:py]", 5L), (Imported.Reread(one).Dataset, Imported.Reread(one).TrainRows));
    }

    [Theory]
    [InlineData("x[train:1_000,test:100]", "/nowhere/x", 1000L, 100L)]
    [InlineData("models/a[train:1]/rows", "/nowhere/models/a[train:1]/rows", null, null)]
    [InlineData(" x [train:7,]", "/nowhere/x", 7L, null)]
    public void The_little_language_of_data_sets_is_read(string dataset, string path, long? train, long? eval)
    {
        var p = Imported.Reread(RecipeImport.FromCommand(["--dataset_args", dataset, "--model_name_or_path", "bert"]));
        Assert.Equal((path, train, eval), (p.Dataset, p.TrainRows, p.EvalRows));
    }

    [Fact]
    public void Slurm_scripts_name_the_python_script_as_an_argument()
    {
        var imported = Import("sbatch --nodes=2 --gres=gpu:4 scripts/train.slurm.sh \\\n  --accelerate_config zero2 --script_path \"examples/dream/sft.py\" --bogus 1 \\\n --lora --lora False");
        Assert.Equal(TrainingMethod.Dream, Imported.Reread(imported).TrainingMethod);
        Imported.Tells(imported.Changed, "The command starts 8 processes");
        Imported.Tells(imported.Changed, "lora is given more than once");
        Imported.Tells(imported.LeftOut, "bogus (1): there is no such setting.");
    }

    [Theory]
    [InlineData("accelerate launch examples/a2d/bd3lm/sft.py", "unmask does not train")]
    [InlineData("python examples/bert/sft.py\npython examples/llada/sft.py", "holds 2 commands that train")]
    [InlineData("echo hello", "holds neither a training template")]
    [InlineData("python x.py --name 'open", "The quote ' in line 1 is not closed.")]
    public void What_is_not_one_training_is_refused(string text, string sentence) => Assert.Contains(sentence, Assert.Throws<UserError>(() => Import(text)).Message);

    [Fact]
    public void Whatever_stands_in_the_arguments_the_recipe_can_be_read()
    {
        string[] nasty = ["a\nb: c", "\"", "'", "#", "${HOME}/x", "{{x}}", "[a, b", "\u2028\u0007", "%", "- x", "NaN", "1e999"];
        string[] names = ["model_name_or_path", "dataset_args", "output_dir", "run_name", "target_modules", "learning_rate", "text_field", "unheard_of", "loss_weight_type", "dtype", "report_to", "max_steps"];
        foreach (var text in nasty)
        {
            foreach (var name in names)
            {
                var recipe = Recipe.Parse(RecipeImport.FromCommand([$"--{name}={text}", "--lora", "true"]).Write());
                Assert.DoesNotContain(recipe.Check(), problem => problem.Sentence.Contains("is not valid YAML", StringComparison.Ordinal) || problem.Sentence.Contains("is not a setting", StringComparison.Ordinal));
            }
        }
    }
}
