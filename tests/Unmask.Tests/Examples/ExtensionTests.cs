using Unmask.Core.Events;
using Unmask.Engine.Collectives;
using Unmask.Engine.Generation.Decoding;
using Unmask.Engine.Training;
using Unmask.Engine.Training.Checkpoints;
using Unmask.Engine.Training.Preparation;
using Unmask.Engine.Training.State;
using Unmask.Tests.Sampling;
using Unmask.Tests.Training;
using Xunit;

namespace Unmask.Tests.Examples;

/// <summary>What docs/extending.md shows: an objective and an accept rule of somebody else, in the program's own training and denoising loops.</summary>
public sealed class ExtensionTests
{
    [Fact]
    public void A_models_loss_falls_by_an_objective_that_the_catalog_does_not_have()
    {
        using var run = new TinyRun();
        var parameters = run.Parameters with { TrainSteps = 30, LoggingSteps = 10, LearningRate = 5e-3, EvalSplit = 0.25, EvalSteps = 30 };
        var subject = TrainingSubject.Prepare(parameters, run["tokenizer"]);
        using var data = TrainingRows.Prepare(parameters, subject, run["tokenizer"], run["data"], run, CancellationToken.None);
        using var trained = subject.LoadWeights(TrainingDevice.Of(parameters, cudaAvailable: false), TrainingDevice.Dtype(parameters), static _ => { });
        var builder = new TrainingBuilder(parameters, subject, context => new WholeResponseObjective(context));
        using var optimizer = builder.Optimizer(trained, SingleProcess.Instance);

        Assert.True(new Trainer(builder.Setup(data, trained.Model, optimizer, new NoCheckpoints(), SingleProcess.Instance), run).Run(new TrainingState(), CancellationToken.None));

        var logged = run.Events.OfType<StepLogged>().ToList();
        Assert.True(logged[^1].Loss < 0.9 * logged[0].Loss, $"{logged[0].Loss} became {logged[^1].Loss}");
        Assert.All(logged, step => Assert.Null(step.PerplexityBound));
        Assert.NotEmpty(run.Events.OfType<EvaluationFinished>());
    }

    [Fact]
    public void Tokens_are_kept_by_a_rule_that_the_catalog_does_not_have()
    {
        var table = new float[4, 3];
        for (var position = 0; position < 4; position++) table[position, 1] = position;
        using var model = new TableModel(table);
        var kept = new List<int>();

        new MdlmSampler(model, new SamplerTokens(Mask: 2, End: 0)).Sample(
            [[0]], new SamplerOptions { MaxNewTokens = 3, Steps = 3, Accept = new LeftToRightRule() }, step => kept.AddRange(step.Committed.Select(token => token.Position)));

        Assert.Equal([1, 2, 3], kept);
    }

    private sealed class NoCheckpoints : ICheckpoints
    {
        public void Save(TrainingState state, CheckpointKind kind)
        {
        }
    }
}
