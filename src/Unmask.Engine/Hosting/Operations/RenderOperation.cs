using Unmask.Core.Protocol;
using Unmask.Engine.Hosting.Calls;
using Unmask.Engine.Lens;

namespace Unmask.Engine.Hosting.Operations;

/// <summary>Rows of the training data as training sees them.</summary>
internal sealed class RenderOperation() : Operation<RenderRequest, RenderResult>(isHeavy: true)
{
    private const int MostRows = 200;

    protected override RenderResult Run(RenderRequest request, Call call)
    {
        if (request.First is < 1 or > MostRows) throw new UserError($"first is {request.First}. It must be from 1 to {MostRows}.");
        var recipe = request.Recipe.Read();
        using var lens = DataLens.Open(recipe, call.Stop);
        var view = lens.Look(new RowSelection([.. request.Rows.Distinct().Take(MostRows)], request.First), request.Noise, new CallEvents(call), call.Stop);
        return new RenderResult(view, recipe.Parameters.ResolvedLossWeightType, recipe.Parameters.Seed, DataLens.Epoch);
    }
}
