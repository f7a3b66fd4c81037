using Unmask.Core.Protocol;
using Unmask.Engine.Diagnosis;
using Unmask.Engine.Hosting.Calls;
using Unmask.Engine.Plugins;
using Unmask.Engine.Runtime;

namespace Unmask.Engine.Hosting.Operations;

/// <summary>What this program can do with models, judged for this machine.</summary>
internal sealed class MethodsOperation : Operation<MethodsRequest, MethodList>
{
    protected override MethodList Run(MethodsRequest request, Call call)
    {
        try
        {
            return MethodCatalog.For(HealthReport.Devices(UnmaskRuntime.Start()), broken: null);
        }
        catch (UserError error)
        {
            return MethodCatalog.For([], error.Message);
        }
    }
}
