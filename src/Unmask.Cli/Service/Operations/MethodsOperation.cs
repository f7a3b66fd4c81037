using Unmask.Cli.Diagnosis;
using Unmask.Core.Service;
using Unmask.Engine.Methods;
using Unmask.Engine.Native;
using Unmask.Primitives;

namespace Unmask.Cli.Service.Operations;

/// <summary>What this program can do with models, judged for this machine.</summary>
internal sealed class MethodsOperation : Operation<MethodsRequest, MethodList>
{
    protected override MethodList Run(MethodsRequest request, Call call)
    {
        try
        {
            return MethodCatalog.For(Examination.Devices(EngineRuntime.Start()), broken: null);
        }
        catch (UserError error)
        {
            return MethodCatalog.For([], error.Message);
        }
    }
}
