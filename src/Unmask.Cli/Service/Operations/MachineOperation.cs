using Unmask.Cli.Diagnosis;
using Unmask.Core.Service;

namespace Unmask.Cli.Service.Operations;

/// <summary>What the machine is, and what is wrong with it.</summary>
internal sealed class MachineOperation : Operation<MachineRequest, MachineReport>
{
    protected override MachineReport Run(MachineRequest request, Call call) => Examination.Report(request.Folder ?? Environment.CurrentDirectory, request.Measure);
}
