using Unmask.Core.Events;
using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Validation;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Engine.Planning;
using Unmask.Engine.Training.Preparation;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Training;

/// <summary>What is found out about a run before anything is made: everything at once.</summary>
public sealed class TrainingInputsTests : IDisposable
{
    private readonly TinyRun run = new();

    public void Dispose() => run.Dispose();

    [Fact]
    public void Everything_that_is_missing_is_told_together_with_wrong_settings()
    {
        var problems = Errors(run.Parameters with
        {
            Dataset = run["no-data.jsonl"],
            EvalDataset = run["no-eval.jsonl"],
            Model = run["no-model"],
            Tokenizer = run["no-tokenizer"],
            ChatTemplate = "no-template",
            FinalEvaluation = FinalEvaluationKind.EditDistance,
            FinalEvaluationDataset = run["no-final.jsonl"],
            BatchSize = 0,
        });

        Assert.All(["no-data", "no-eval", "no-model", "no-tokenizer", "no-template", "no-final", "batch_size"], word => Assert.Contains(word, problems, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("brt", "tiny", "did you mean bert?")]
    [InlineData("bert", "huge", "model_size is \"huge\"; for bert it must be tiny")]
    public void Architecture_and_size_of_a_fresh_model_must_be_known(string architecture, string size, string told) =>
        Assert.Contains(told, Errors(run.Parameters with { ModelArchitecture = architecture, ModelSize = size }), StringComparison.Ordinal);

    [Fact]
    public void A_fresh_models_config_is_checked_before_its_vocabulary_is_learned()
    {
        var problems = Errors(run.Parameters with { ModelConfig = run.Parameters.ModelConfig.With("hiden_size", 3L) });
        Assert.Contains("hiden_size", problems, StringComparison.Ordinal);
        Assert.Contains("max_length is 65", Errors(run.Parameters with { MaxLength = 65 }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_tokenizer_without_mask_token_does_not_do(bool fresh)
    {
        run.Train();
        var problems = Errors(run.Parameters with { Model = fresh ? null : run["run/outputs"], Tokenizer = Path.Combine(Fixtures.Data, "tokenizer-gpt2") });
        Assert.Contains("has no mask token", problems, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_are_looked_at_without_reading_them()
    {
        run.Train();
        File.Delete(run["run/outputs/model.safetensors"]);
        var problems = Errors(run.Parameters with { Model = run["run/outputs"], MaxLength = 1000 });
        Assert.Contains("neither model.safetensors nor model.safetensors.index.json. Copy the model's safetensors files there", problems, StringComparison.Ordinal);
        Assert.Contains("max_length is 1000", problems, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_looks_again_at_what_it_found()
    {
        var error = Assert.Throws<UserError>(() => run.Train(p => p with { Tokenizer = Path.Combine(Fixtures.Data, "tokenizer-gpt2"), MaxLength = 100 }));
        Assert.Contains("has no mask token", error.Message, StringComparison.Ordinal);
        Assert.Contains("max_length is 100", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_bad_lines_is_told_with_the_first_of_them()
    {
        File.WriteAllText(run["bad.jsonl"], "{\"prompt\": \"a\"\nnot json\n[1, 2]\n");
        var error = Assert.Throws<UserError>(() => run.Train(p => p with { Dataset = run["bad.jsonl"] }));
        Assert.Contains("all 3 lines are bad", error.Message, StringComparison.Ordinal);
        Assert.All(["bad.jsonl:1: ", "bad.jsonl:2: ", "bad.jsonl:3: "], place => Assert.Contains(place, error.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(TrainDtype.Float32)]
    [InlineData(TrainDtype.Bfloat16)]
    public void The_size_of_a_checkpoint_is_known_before_it_is_written(TrainDtype dtype)
    {
        var parameters = run.Parameters with { Dtype = dtype, ModelConfig = ValueMap.Empty };
        run.Train(_ => parameters with { TrainSteps = 1, EvalStrategy = EvalStrategy.No });

        var needs = WeightNeeds.Of(parameters, ModelFolder.Open(run["run/outputs"]).Config, adapter: null);
        var saved = run.Events.OfType<CheckpointSaved>().Single().Bytes!.Value;
        Assert.InRange(needs.CheckpointBytes, 0.95 * saved, saved);
        Assert.InRange(needs.OutputBytes, 0.95 * new FileInfo(run["run/outputs/model.safetensors"]).Length, new FileInfo(run["run/outputs/model.safetensors"]).Length);
    }

    private static string Errors(TrainParameters parameters) =>
        string.Join("\n", ParameterValidation.Check(parameters, TrainingInputs.Facts(parameters)).Where(problem => problem.Severity == Severity.Error).Select(problem => problem.Sentence));
}
