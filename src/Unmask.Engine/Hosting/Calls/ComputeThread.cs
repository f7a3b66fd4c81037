using System.Collections.Concurrent;

namespace Unmask.Engine.Hosting.Calls;

/// <summary>
/// The one thread that computes. Native libraries keep a team of threads and pools of memory for each thread that calls them, so work that wandered over a thread
/// pool would take both many times over.
/// </summary>
public sealed class ComputeThread : IDisposable
{
    private readonly BlockingCollection<Action> work = [];
    private int waiting;

    public ComputeThread() => new Thread(Work) { IsBackground = true, Name = "compute" }.Start();

    /// <summary>Whether something runs, or waits to run.</summary>
    public bool IsBusy => Volatile.Read(ref waiting) > 0;

    /// <summary>Runs <paramref name="act"/> behind what was given before.</summary>
    public Task RunAsync(Action act)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Increment(ref waiting);
        work.Add(() =>
        {
            try
            {
                act();
                done.SetResult();
            }
            catch (Exception fault)
            {
                done.SetException(fault);
            }
            finally
            {
                Interlocked.Decrement(ref waiting);
            }
        });
        return done.Task;
    }

    public void Dispose() => work.CompleteAdding();

    private void Work()
    {
        foreach (var act in work.GetConsumingEnumerable()) act();
    }
}
