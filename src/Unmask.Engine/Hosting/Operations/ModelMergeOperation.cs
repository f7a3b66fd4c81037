using Unmask.Core.Protocol;
using Unmask.Engine.Hosting.Calls;
using Unmask.Engine.Modeling.Adapters;

namespace Unmask.Engine.Hosting.Operations;

/// <summary>One model of a model and an adapter.</summary>
internal sealed class ModelMergeOperation() : Operation<ModelMergeRequest, ModelWritten>(isHeavy: true)
{
    protected override ModelWritten Run(ModelMergeRequest request, Call call)
    {
        var source = request.Model is { } named ? ModelSource.Open(named, request.Adapter) : ModelSource.OfAdapter(request.Adapter);
        var warnings = AdapterMerge.Save(request.Target, source, new TensorsPassed(call, "merging", source.Base.Config.ParameterCount).Add);
        return WrittenModel.At(request.Target) with { Warnings = warnings };
    }
}
