using Unmask.Core.Protocol;

namespace Unmask.Engine.Hosting.Calls;

/// <summary>Tells how many values of a model were gone through, and stops the work when nobody wants it any more.</summary>
/// <param name="call">Whom.</param>
/// <param name="phase">What is done with them.</param>
/// <param name="total">Values in all; tied ones may pass twice, and more than all is never told.</param>
internal sealed class TensorsPassed(Call call, string phase, long total)
{
    private long done;

    /// <summary>Some values more.</summary>
    /// <exception cref="OperationCanceledException">The work is not wanted any more.</exception>
    public void Add(long values)
    {
        call.Stop.ThrowIfCancellationRequested();
        done += values;
        call.Report(new EngineProgress(phase, Done: Math.Min(done, total), Total: total, Unit: "values"));
    }
}
