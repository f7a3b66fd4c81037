using Unmask.Core.Protocol;

namespace Unmask.Engine.Hosting.Calls;

/// <summary>Tells how many bytes of some files were read.</summary>
/// <param name="call">Whom.</param>
/// <param name="total">All bytes. Some forms of files are read twice; more than all is never told.</param>
internal sealed class BytesRead(Call call, long total)
{
    private long done;

    /// <summary>Some more bytes were read. From one thread at a time.</summary>
    public void Add(int bytes)
    {
        done += bytes;
        // The end is told by the answer.
        call.Report(new EngineProgress("reading", Done: Math.Min(done, total - 1), Total: total, Unit: "bytes"));
    }
}
