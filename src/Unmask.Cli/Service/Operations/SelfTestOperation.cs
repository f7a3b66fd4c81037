using Unmask.Cli.Diagnosis;
using Unmask.Core.Service;
using Unmask.Engine.Methods;

namespace Unmask.Cli.Service.Operations;

/// <summary>A method, tried from end to end.</summary>
internal sealed class SelfTestOperation() : Operation<SelfTestRequest, SelfTestResult>(isHeavy: true)
{
    protected override SelfTestResult Run(SelfTestRequest request, Call call) => SelfTest.Run(request.Method, Machine.Version, call.Send, call.Stop);
}
