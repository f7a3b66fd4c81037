using Unmask.Core.Protocol;
using Unmask.Engine.Hosting.Calls;
using Unmask.Engine.Inspection;

namespace Unmask.Engine.Hosting.Operations;

/// <summary>A model taken over from elsewhere.</summary>
internal sealed class ModelImportOperation : Operation<ModelImportRequest, ModelWritten>
{
    protected override ModelWritten Run(ModelImportRequest request, Call call)
    {
        var (_, leftOut) = ModelImport.Take(request.Path, request.Target, request.Link, (done, total) =>
        {
            call.Stop.ThrowIfCancellationRequested();
            call.Report(new EngineProgress("copying", Done: done, Total: total, Unit: "bytes"));
        });
        return WrittenModel.At(request.Target) with { LeftOut = leftOut };
    }
}
