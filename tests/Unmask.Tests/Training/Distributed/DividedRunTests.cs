using Unmask.Core.Events;
using Unmask.Core.Parameters;
using Unmask.Core.Runs;
using Unmask.Engine.Collectives;
using Unmask.Engine.Runs;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Training.Distributed;

/// <summary>Losses and weights do not depend on how the rows of a step are divided into batches and over ranks.</summary>
public sealed class DividedRunTests : IDisposable
{
    private readonly TinyRun run = new();

    public void Dispose() => run.Dispose();

    /// <summary>20 rows to train on and 4 to evaluate with; 9 to a step, so the last step of an epoch has 2.</summary>
    private static TrainParameters Usual(TrainParameters p) => p with { BatchSize = 9, TrainSteps = 7, EvalSteps = 7, SaveSteps = 7, EvalSplit = 4.0 / 24 };

    private static readonly Dictionary<string, Func<TrainParameters, TrainParameters>> Recipes = new()
    {
        ["bert"] = p => p,
        ["bert with dropout"] = p => p with { ModelConfig = p.ModelConfig.With("hidden_dropout_prob", 0.2).With("attention_probs_dropout_prob", 0.2) },
        ["bert by length, by sequence"] = p => p with { GroupByLength = true, LossNormType = LossNorm.Sequence },
        ["bert with padding that counts"] = p => p with { EosPadding = true, LossNormType = LossNorm.Batch },
        ["modernbert"] = p => p with { ModelArchitecture = "modernbert", WeightDecay = 0.1, ModelConfig = p.ModelConfig.With("mlp_dropout", 0.1), ActivationCheckpointing = true },
        ["dream"] = p => p with { ModelArchitecture = "dream", TrainingMethod = TrainingMethod.Dream, RespCutoffRatio = 0.5, PerbatchCutoff = false, ModelConfig = p.ModelConfig.With("num_key_value_heads", 1L) },
        ["dream cut by batch"] = p => p with { ModelArchitecture = "dream", TrainingMethod = TrainingMethod.Dream, ModelConfig = p.ModelConfig.With("num_key_value_heads", 1L) },
        ["llada"] = p => p with
        {
            ModelArchitecture = "llada",
            TrainingMethod = TrainingMethod.Llada,
            MaskSampling = MaskSampling.FixedCount,
            TimeSampling = TimeSampling.Stratified,
            ModelConfig = ValueMap.Empty.With("d_model", 32L).With("mlp_hidden_size", 64L).With("n_heads", 2L).With("n_kv_heads", 2L).With("n_layers", 1L).With("residual_dropout", 0.1),
        },
    };

    public static TheoryData<string> Names => [.. Recipes.Keys];

    [Theory, MemberData(nameof(Names))]
    public void One_batch_parts_of_it_and_ranks_come_to_the_same(string recipe)
    {
        TrainParameters Of(TrainParameters p) => Recipes[recipe](Usual(p));
        var whole = Train("whole", 1, Of);
        var parts = Train("parts", 1, p => Of(p) with { BatchSize = 3, GradientAccumulationSteps = 3 });
        var two = Train("two", 2, p => Of(p) with { BatchSize = 3, NumProcesses = 3 });
        var five = Train("five", 5, p => Of(p) with { BatchSize = 1, NumProcesses = 9, ZeroStage = 1 });
        var three = Train("three", 3, p => Of(p) with { ZeroStage = 2 });
        foreach (var other in new[] { parts, two, five, three })
        {
            Assert.Equal(whole.Losses.Length, other.Losses.Length);
            foreach (var (a, b) in whole.Losses.Zip(other.Losses)) Assert.Equal(a, b, 1e-6 * Math.Max(1, Math.Abs(a)));
            foreach (var (name, values) in whole.Weights)
            {
                foreach (var (a, b) in values.Zip(other.Weights[name])) Assert.True(Math.Abs(a - b) <= 1e-6 * Math.Max(1, Math.Abs(a)), $"{name}: {a} and {b}");
            }
        }
    }

    [Theory]
    [InlineData("bert with dropout", TrainDtype.Float32)]
    [InlineData("bert with dropout", TrainDtype.Bfloat16)]
    [InlineData("bert with dropout", TrainDtype.Float16)]
    [InlineData("modernbert", TrainDtype.Float32)]
    [InlineData("dream", TrainDtype.Bfloat16)]
    [InlineData("llada", TrainDtype.Float32)]
    public void Deterministic_runs_are_the_same_to_the_bit(string recipe, TrainDtype dtype)
    {
        TrainParameters Of(TrainParameters p) => Recipes[recipe](Usual(p)) with { Deterministic = true, Dtype = dtype };
        var whole = Train("whole", 1, Of);
        Same(whole, Train("parts", 1, p => Of(p) with { BatchSize = 3, GradientAccumulationSteps = 3 }));
        Same(whole, Train("two", 2, p => Of(p) with { BatchSize = 3, NumProcesses = 3, ZeroStage = 2 }));
        Same(whole, Train("five", 5, p => Of(p) with { BatchSize = 1, NumProcesses = 9 }));
        Same(whole, Train("three", 3, p => Of(p) with { ZeroStage = 1 }));
    }

    [Theory]
    [InlineData("dora")]
    [InlineData("whole modules, biases and tokens")]
    [InlineData("tables")]
    public void Adapters_of_every_form_are_the_same_to_the_bit(string form)
    {
        run.Train(name: "base");
        TrainParameters Of(TrainParameters p)
        {
            var lora = Usual(p) with { Model = run["base/outputs"], ModelSize = null, ModelConfig = ValueMap.Empty, Vocabulary = VocabularyKind.Bytebpe, Lora = true, LoraR = 4, LoraAlpha = 8, LearningRate = 1e-2, FuseAdapter = false, Deterministic = true };
            return form switch
            {
                "dora" => lora with { UseDora = true, LoraDropout = 0.2 },
                "tables" => lora with { TargetModules = ["word_embeddings", "decoder"] },
                _ => lora with { ModulesToSave = ["decoder"], Bias = LoraBias.All, TargetModules = ["query"], Dtype = TrainDtype.Bfloat16, TrainableTokenIndices = ["5", "7"] },
            };
        }

        var whole = Train("whole", 1, Of);
        Same(whole, Train("parts", 1, p => Of(p) with { BatchSize = 3, GradientAccumulationSteps = 3 }));
        Same(whole, Train("two", 2, p => Of(p) with { BatchSize = 3, NumProcesses = 3, ZeroStage = 2 }));
    }

    [Theory, InlineData(TrainDtype.Bfloat16), InlineData(TrainDtype.Float16)]
    public void A_run_goes_on_under_any_number_of_ranks(TrainDtype dtype)
    {
        TrainParameters Of(TrainParameters p) => Usual(p) with { Deterministic = true, BatchSize = 5, NumProcesses = 2, ZeroStage = 2, SaveSteps = 1, Dtype = dtype };
        var whole = Train("whole", 2, Of);
        foreach (var ranks in new[] { 1, 3, 4 })
        {
            var name = $"cut-{ranks}";
            using (var stop = new CancellationTokenSource())
            {
                Start(name, 2, Of, stop);
            }

            Assert.Equal(3, run.Events.OfType<RunFinished>().Last().Step);
            using (var folder = RunFolder.Open(run[name]))
            {
                ThreadRanks.Run(ranks, collectives =>
                {
                    var group = RankGroup.Unwatched(collectives);
                    if (group.IsFirst) TrainingRun.Resume(folder, run, CancellationToken.None, group);
                    else FollowedRun.Train(group, CancellationToken.None);
                });
            }

            Same(whole, Read(name));
        }
    }

    [Fact]
    public void A_loss_that_is_no_number_is_told_with_the_rank()
    {
        // The first weights are rubbish in every rank; the loss is no number in the ranks that have a scored row.
        var error = Assert.Throws<UserError>(() => Train("bad", 2, p => Usual(p) with { LearningRate = 1e30, MaxGradNorm = 0, NumProcesses = 2, BatchSize = 5, TrainSteps = 50 }));
        Assert.Contains("Training diverged", error.Message);
        Assert.Matches("on rank [01]", error.Message);
        Assert.Equal(FailureReason.NumericDivergence, run.Events.OfType<RunFinished>().Last().Reason);
    }

    [Fact]
    public void Ranks_are_measured()
    {
        Train("run", 3, p => Usual(p) with { NumProcesses = 3, BatchSize = 3 });
        var measured = run.Events.OfType<RanksMeasured>().ToArray();
        Assert.Equal(7, measured.Length);
        Assert.All(measured, one => Assert.Equal([0, 1, 2], one.Ranks.Select(rank => rank.Rank)));
        Assert.All(measured.SelectMany(one => one.Ranks), rank => Assert.InRange(rank.WaitingShare, 0, 1));
    }

    private sealed record Result(double[] Losses, Dictionary<string, float[]> Weights);

    private static void Same(Result a, Result b)
    {
        Assert.Equal(a.Losses, b.Losses);
        Assert.All(a.Weights, pair => Assert.Equal(pair.Value, b.Weights[pair.Key]));
    }

    private Result Train(string name, int ranks, Func<TrainParameters, TrainParameters> change)
    {
        Start(name, ranks, change, stop: null);
        return Read(name);
    }

    /// <param name="stop">Asks the last rank to stop after the third step; null lets it run to the end.</param>
    private void Start(string name, int ranks, Func<TrainParameters, TrainParameters> change, CancellationTokenSource? stop)
    {
        if (Directory.Exists(run[name])) Directory.Delete(run[name], recursive: true);
        var parameters = change(run.Parameters);
        using var folder = RunFolder.Create(parameters, run[name]);
        ThreadRanks.Run(ranks, collectives =>
        {
            var group = RankGroup.Unwatched(collectives);
            var token = group.Rank == ranks - 1 && stop is not null ? stop.Token : CancellationToken.None;
            if (group.IsFirst) TrainingRun.Start(parameters, folder, new Stopping(run, stop), token, group);
            else FollowedRun.Train(group, token);
        });
    }

    private Result Read(string name)
    {
        var losses = EventLog.Read(Path.Combine(run[name], "events.jsonl")).SelectMany(one => one switch
        {
            StepLogged step => new[] { step.Loss, step.GradNorm ?? -1, step.MaskedAccuracy ?? 0 },
            EvaluationFinished evaluation => [evaluation.EvalLoss],
            _ => [],
        }).ToArray();
        var whole = Path.Combine(run[name], "outputs", "model.safetensors");
        using var weights = Engine.Modeling.Checkpoints.Safetensors.SafetensorsFile.Open(File.Exists(whole) ? whole : Path.Combine(run[name], "outputs", "adaptor", "adapter_model.safetensors"));
        return new Result(losses, weights.Entries.ToDictionary(entry => entry.Name, entry =>
        {
            using var value = weights.Read(entry.Name).to(TorchSharp.torch.ScalarType.Float32);
            return value.data<float>().ToArray();
        }));
    }

    /// <summary>Cancels when the second step is logged: the third is the last.</summary>
    private sealed class Stopping(IEventSink to, CancellationTokenSource? stop) : IEventSink
    {
        public void Write(RunEvent happened)
        {
            to.Write(happened);
            if (happened is StepLogged { Step: 2 }) stop?.Cancel();
        }
    }
}
