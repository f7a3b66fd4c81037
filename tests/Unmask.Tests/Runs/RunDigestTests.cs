using Unmask.Core.Parameters;
using Unmask.Core.Runs;
using Xunit;

namespace Unmask.Tests.Runs;

public sealed class RunDigestTests
{
    [Theory]
    [InlineData("/models/bert-base", "bert-base")]
    [InlineData("owner/name", "name")]
    [InlineData("/home/runs/20261129-demo/outputs", "20261129-demo")]
    [InlineData("runs/20261129-demo/outputs/fused", "20261129-demo fused")]
    [InlineData("runs/20261129-demo/checkpoints/step-000900", "20261129-demo step-000900")]
    [InlineData(null, "bert (from scratch)")]
    public void The_model_is_named_by_its_folder_or_by_the_run_that_made_it(string? model, string name) =>
        Assert.Equal(name, RunDigest.From(new TrainParameters { Model = model, ModelArchitecture = "bert" }).Model);
}
