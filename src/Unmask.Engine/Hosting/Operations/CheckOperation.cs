using Unmask.Core.Protocol;
using Unmask.Engine.Hosting.Calls;
using Unmask.Engine.Training.Preparation;

namespace Unmask.Engine.Hosting.Operations;

/// <summary>What is wrong with settings.</summary>
internal sealed class CheckOperation : Operation<CheckRequest, CheckResult>
{
    protected override CheckResult Run(CheckRequest request, Call call)
    {
        var recipe = request.Recipe.Read();
        var facts = TrainingInputs.Facts(recipe.Parameters);
        return new CheckResult(recipe.Check(facts))
        {
            Architecture = facts.ModelClass,
            MethodOfModel = facts.MethodOfModel,
            ModelSizes = facts.ModelSizes,
        };
    }
}
