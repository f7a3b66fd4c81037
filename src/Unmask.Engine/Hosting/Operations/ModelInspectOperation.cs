using Unmask.Core.Models;
using Unmask.Core.Protocol;
using Unmask.Engine.Hosting.Calls;
using Unmask.Engine.Inspection;

namespace Unmask.Engine.Hosting.Operations;

/// <summary>What lies in a folder.</summary>
internal sealed class ModelInspectOperation : Operation<ModelInspectRequest, ModelInspection>
{
    protected override ModelInspection Run(ModelInspectRequest request, Call call) => ModelInspector.Look(request.Path, request.VerifyBase);
}
