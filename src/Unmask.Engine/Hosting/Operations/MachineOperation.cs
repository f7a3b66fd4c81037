using Unmask.Core.Protocol;
using Unmask.Engine.Diagnosis;
using Unmask.Engine.Hosting.Calls;

namespace Unmask.Engine.Hosting.Operations;

/// <summary>What the machine is, and what is wrong with it.</summary>
internal sealed class MachineOperation : Operation<MachineRequest, MachineReport>
{
    protected override MachineReport Run(MachineRequest request, Call call) => HealthReport.Report(request.Folder ?? Environment.CurrentDirectory, request.Measure);
}
