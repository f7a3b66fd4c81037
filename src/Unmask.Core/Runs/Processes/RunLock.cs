using Unmask.Core.Storage;

namespace Unmask.Core.Runs.Processes;

/// <summary>
/// The file <c>run.lock</c>, held open by the process that writes a run, and <c>process.json</c>, which says who that is (nobody can read a
/// file that is held). The system releases the lock when the process ends, however it ends.
/// </summary>
internal static class RunLock
{
    public const string FileName = "run.lock";
    public const string HolderName = "process.json";

    private const string HeldKey = "unmask.run_held";

    /// <exception cref="UserError">Another process holds it.</exception>
    public static FileStream Acquire(string run)
    {
        if (HeldFile.TryAcquire(Path.Combine(run, FileName)) is not { } held)
        {
            var error = new UserError($"{run} is being written by another process{Named(Holder(run))}; wait for it to end, or stop it first.");
            error.Data[HeldKey] = true;
            throw error;
        }

        try
        {
            ProcessIdentity.Current.Write(Path.Combine(run, HolderName));
            return held;
        }
        catch (UserError full) when (StorageFailure.IsDiskFull(full))
        {
            // The lock holds without the name of its holder, which only makes a friendlier sentence and a kill possible.
            return held;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Did <see cref="Acquire"/> refuse because another process holds the run?</summary>
    public static bool IsRefusal(UserError error) => error.Data[HeldKey] is true;

    public static bool IsHeld(string run) => HeldFile.IsHeld(Path.Combine(run, FileName));

    /// <summary>Who holds the lock, or held it last; null when that is not known.</summary>
    public static ProcessIdentity? Holder(string run) => ProcessIdentity.Read(Path.Combine(run, HolderName));

    private static string Named(ProcessIdentity? holder) => holder is null ? "" : string.Create(CultureInfo.InvariantCulture, $" (number {holder.ProcessId})");
}
