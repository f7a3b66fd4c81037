using Unmask.Core.Planning;
using Unmask.Core.Protocol;
using Unmask.Engine.Hosting.Calls;
using Unmask.Engine.Planning;

namespace Unmask.Engine.Hosting.Operations;

/// <summary>What a run would do and take.</summary>
internal sealed class PlanOperation(PlanFolder folder) : Operation<PlanRequest, RunForecast>(isHeavy: true)
{
    protected override RunForecast Run(PlanRequest request, Call call)
    {
        var recipe = request.Recipe.Read();
        return Forecast.Of(recipe, folder.For(recipe.Parameters), request.Probe, new CallEvents(call), call.Stop);
    }
}
