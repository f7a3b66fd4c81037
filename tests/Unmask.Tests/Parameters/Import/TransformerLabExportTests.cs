using System.Text.Json.Nodes;
using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Import;
using Unmask.Core.Parameters.Recipes;
using Xunit;

namespace Unmask.Tests.Parameters.Import;

public sealed class TransformerLabExportTests
{
    [Fact]
    public void What_is_written_is_read_back_as_it_was()
    {
        var written = new TrainParameters
        {
            Model = "GSAI-ML/LLaDA-8B-Instruct",
            Dataset = "tatsu-lab/alpaca",
            TrainingMethod = TrainingMethod.Llada,
            TrainDevice = TrainDevice.Cuda,
            GpuIds = "0,2",
            BatchSize = 8,
            LearningRate = 3e-5,
            TrainSteps = 250,
            MaxLength = 2048,
            Lora = true,
            LoraR = 16,
            LoraAlpha = 32,
            LoadIn4bit = true,
            EvalSteps = 0.1,
            SaveSteps = 50,
            AdaptorName = "answers",
            LossNormType = LossNorm.Sequence,
        };
        var json = TransformerLabExport.Write("Answers", written, architecture: null);
        var task = JsonNode.Parse(json)!;
        Assert.Equal(("Answers", "TRAIN", "dllm_trainer_multi_gpu"), ((string)task["name"]!, (string)task["type"]!, (string)task["plugin"]!));
        Assert.Equal(("LLaDAModelLM", "3e-5", "true"), ((string)task["inputs"]!["model_architecture"]!, (string)task["config"]!["learning_rate"]!, (string)task["config"]!["lora"]!));
        Assert.Null(task["notes"]);

        var read = Recipe.Parse(RecipeImport.Parse(json, "answers.json").Write(), "answers").Parameters;
        Assert.Empty(SettingDifference.Between(written, read).Select(difference => $"{difference.Setting.Name}: {difference.Before} -> {difference.After}"));
    }

    [Fact]
    public void What_its_form_cannot_say_is_told()
    {
        var notes = JsonNode.Parse(TransformerLabExport.Write("Fresh", new TrainParameters { Dataset = "rows.jsonl", ModelSize = "tiny", ActivationCheckpointing = true }, architecture: null))!["notes"]!.AsArray().Select(note => (string)note!).ToList();
        Assert.Contains(notes, note => note.StartsWith("The run trains from scratch", StringComparison.Ordinal));
        Assert.Contains(notes, note => note.StartsWith("train_device is auto", StringComparison.Ordinal));
        Assert.Contains("activation_checkpointing is true; the form of Transformer Lab has no such field.", notes);
    }
}
