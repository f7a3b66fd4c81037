using Unmask.Core.Protocol;
using Unmask.Engine.Diagnosis;
using Unmask.Engine.Hosting.Calls;
using Unmask.Engine.Plugins;

namespace Unmask.Engine.Hosting.Operations;

/// <summary>A method, tried from end to end.</summary>
internal sealed class SelfTestOperation() : Operation<SelfTestRequest, SelfTestResult>(isHeavy: true)
{
    protected override SelfTestResult Run(SelfTestRequest request, Call call) => SelfTest.Run(request.Method, Machine.Version, call.Send, call.Stop);
}
