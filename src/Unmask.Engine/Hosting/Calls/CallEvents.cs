using Unmask.Core.Events;
using Unmask.Core.Protocol;

namespace Unmask.Engine.Hosting.Calls;

/// <summary>Tells of the phases of work that was written for runs.</summary>
internal sealed class CallEvents(Call call) : IEventSink
{
    public void Write(RunEvent happened)
    {
        if (happened is PhaseChanged phase) call.Report(new EngineProgress(phase.Phase, phase.Detail, phase.Done, phase.Total));
    }
}
