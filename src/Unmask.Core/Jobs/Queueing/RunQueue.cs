using Unmask.Core.Jobs.Registry;
using Unmask.Core.Jobs.Status;
using Unmask.Core.Storage;

namespace Unmask.Core.Jobs.Queueing;

/// <summary>What waits, in which order, for which device, and when it will start. All members may be called from any thread.</summary>
public sealed class RunQueue
{
    private readonly RunRegistry registry;
    private readonly AdoptedRuns adopted;
    private readonly IReadOnlyList<int> gpus;
    private readonly TimeProvider clock;
    private readonly Action wake;
    private readonly DurableValue<QueueSettings> settings;
    private readonly Lock gate = new();
    private double lastOrder = -1;

    /// <param name="registry">The runs.</param>
    /// <param name="adopted">Those of other folders that a person queued here.</param>
    /// <param name="path">The file of its settings.</param>
    /// <param name="gpus">Numbers of the GPUs that runs may use.</param>
    /// <param name="clock">The time.</param>
    /// <param name="wake">Called when a run may have to start.</param>
    internal RunQueue(RunRegistry registry, AdoptedRuns adopted, string path, IReadOnlyList<int> gpus, TimeProvider clock, Action wake)
    {
        (this.registry, this.adopted, this.gpus, this.clock, this.wake) = (registry, adopted, gpus, clock, wake);
        settings = new(path, QueueSettings.Read(path), (_, after) => after.ToBytes());
        registry.Show = state => state.IsQueued ? Show(state, Places()) : state.Overview();
    }

    /// <summary>What the queue as a whole is set to.</summary>
    public QueueSettings Settings => settings.Value;

    /// <summary>The runs that wait, in the order in which they will start.</summary>
    public IReadOnlyList<RunOverview> List()
    {
        Dictionary<string, Place> places = Places();
        RunState[] waiting = [.. Waiting().Select(run => run.State)];
        Dictionary<string, double> starts = Settings.Paused ? [] : QueueForecast.From(
            registry.Live.Select(run => run.State).Select(run => new DeviceUse(run.Id, DevicesOf(run), run.Progress.EtaSeconds)),
            waiting.Select(run => new DeviceUse(run.Id, DevicesOf(run), UsualSeconds(run))), SlotsOf);
        return [.. waiting.Select(run => Show(run, places) with { StartsInSeconds = starts.TryGetValue(run.Id, out double seconds) ? seconds : null })];
    }

    /// <summary>The devices and what is on them now.</summary>
    public IReadOnlyList<QueueDevice> ListDevices()
    {
        ILookup<string, string> busy = registry.Live.SelectMany(run => DevicesOf(run.State).Select(device => (device, run.Id))).ToLookup(pair => pair.device, pair => pair.Id);
        IEnumerable<string> names = ((IEnumerable<string>)[DeviceSlots.Cpu, .. gpus.Select(DeviceSlots.Gpu)]).Union(busy.Select(device => device.Key));
        return [.. names.Select(name => new QueueDevice(name, SlotsOf(name), [.. busy[name]]))];
    }

    /// <summary>Starts no more waiting runs until <see cref="Unpause"/>; those that live go on. It is remembered.</summary>
    /// <exception cref="UserError">The disk refuses.</exception>
    public void Pause() => Set(now => now with { Paused = true });

    /// <summary>Starts waiting runs again.</summary>
    /// <exception cref="UserError">The disk refuses.</exception>
    public void Unpause() => Set(now => now with { Paused = false });

    /// <summary>How many runs may train on the CPU at once.</summary>
    /// <exception cref="UserError">It is not 1 to 64.</exception>
    public void SetCpuSlots(int slots)
    {
        if (slots is < 1 or > QueueSettings.MostCpuSlots) throw new UserError($"{slots} concurrent runs on the CPU are not possible. Use 1 to {QueueSettings.MostCpuSlots}.");
        Set(now => now with { CpuSlots = slots });
    }

    /// <summary>Changes the order of the queue.</summary>
    /// <param name="id">The run to move.</param>
    /// <param name="beforeId">The run that it goes before; null for the end.</param>
    /// <exception cref="UserError">One of them does not wait.</exception>
    public void MoveBefore(string id, string? beforeId)
    {
        foreach (RunState named in ((IEnumerable<string?>)[id, beforeId]).OfType<string>().Select(named => registry.Get(named).State).Where(named => !named.IsQueued))
            throw new UserError($"{named.Job.Name} is {named.Word} and not in the queue any more.");
        if (id == beforeId) return;
        List<ScheduledRun> order = [.. Waiting().Where(run => run.Id != id)];
        int place = beforeId is null ? order.Count : order.FindIndex(run => run.Id == beforeId);
        order.Insert(place < 0 ? order.Count : place, registry.Get(id));
        for (int i = 0; i < order.Count; i++)
        {
            int number = i;
            registry.Update(order[i], state => state.IsQueued && state.Job.Order != number ? state with { Job = state.Job with { Order = number } } : null, kind: null);
        }

        PublishQueue();
    }

    /// <summary>Puts a run that was paused, stopped, cut off or failed into the queue again, at its end; it resumes from its last checkpoint.</summary>
    /// <exception cref="UserError">It waits or lives already, or is done.</exception>
    public void Resume(string id)
    {
        ScheduledRun run = registry.Get(id);
        Refuse(run.State, RunSignal.Requeued, state => $"{state.Job.Name} is {state.Word} and cannot be resumed; {(state.Status == RunStatus.Succeeded ? "start a new run from its model instead" : "the run is already active")}.");
        adopted.Add(run.Path);
        Append(run, RunSignal.Requeued);
        wake();
    }

    /// <summary>Puts a run that was found into the queue, at its end: one in a folder of runs that this home did not queue and nobody has run.</summary>
    /// <exception cref="UserError">It was not found, its settings cannot be used, or the disk refuses.</exception>
    public void AddFound(string id)
    {
        ScheduledRun run = registry.Get(id);
        Refuse(run.State, RunSignal.Adopted, state => $"{state.Job.Name} is {state.Word}; only a run that was found can be queued. {(RunTransitions.Allows(state.Status, RunSignal.Requeued) ? "Resume the run instead." : "Queue it again as a new run instead.")}");

        // Every problem of its settings is reported to the person who is here, rather than to a queue.
        run.ReadSettings();
        adopted.Add(run.Path);
        Append(run, RunSignal.Adopted);
        PublishQueue();
        wake();
    }

    /// <summary>Takes a waiting run out of the queue. One that ran before can be resumed later.</summary>
    /// <exception cref="UserError">It does not wait.</exception>
    public void Cancel(string id)
    {
        ScheduledRun run = registry.Get(id);
        bool isAtHome = adopted.IsAtHome(run.Path);
        RunState after = registry.Update(run, state =>
        {
            if (!state.IsQueued) throw new UserError($"{state.Job.Name} is {state.Word} and not in the queue; {(state.IsLive ? "stop it instead" : "there is nothing to cancel")}.");
            bool hasRun = state.Job.Attempts.Count > 0 || state.Progress.Started is not null;
            return state.After(hasRun ? RunSignal.Withdrawn : isAtHome ? RunSignal.Cancelled : RunSignal.Returned);
        })!;
        if (after.Status == RunStatus.Found) adopted.Remove(run.Path);
        PublishQueue();
    }

    /// <summary>Starts the runs whose turn it is: first come, first served.</summary>
    /// <param name="launch">Starts one; returns why that failed, null where it did not.</param>
    internal void Dispatch(Func<ScheduledRun, string?> launch)
    {
        if (Settings.Paused) return;
        Dictionary<string, int> free = FreeSlots();
        DateTimeOffset now = clock.GetUtcNow();
        foreach (ScheduledRun run in Waiting().Where(run => now >= run.State.NotBefore).ToList())
        {
            IReadOnlyList<string> devices = DevicesOf(run.State);
            if (DeviceSlots.Acquire(devices, free) is not null) continue;
            string? fault = launch(run);
            if (fault is null || !run.State.IsQueued) continue;
            DeviceSlots.Release(devices, free);
            registry.Update(run, state => state with { LaunchFault = fault, NotBefore = now + BetweenLaunches });
            PublishQueue();
        }
    }

    /// <summary>Runs that share the CPU get an equal part of its threads each; one that has it alone decides itself.</summary>
    internal int? ThreadsFor(ScheduledRun run) => Settings.CpuSlots > 1 && DevicesOf(run.State).Contains(DeviceSlots.Cpu) ? Math.Max(1, Environment.ProcessorCount / Settings.CpuSlots) : null;

    /// <summary>The order of a run that goes to the end.</summary>
    internal double EndOfQueue()
    {
        double end = Waiting().LastOrDefault() is { } last ? last.State.Job.Order + 1 : 0;
        lock (gate) return lastOrder = Math.Max(end, lastOrder + 1);
    }

    /// <summary>The place of each waiting run, and what it waits for.</summary>
    internal Dictionary<string, Place> Places()
    {
        Dictionary<string, int> free = FreeSlots();
        DateTimeOffset now = clock.GetUtcNow();
        return Waiting().Select((run, index) => (run.Id, Place: new Place(index + 1, WaitsFor(run.State)))).ToDictionary(run => run.Id, run => run.Place);

        string WaitsFor(RunState run)
        {
            if (Settings.Paused) return "the queue is paused";
            if (now < run.NotBefore) return run.LaunchFault is { } fault ? $"could not be started, and is tried again soon: {fault}" : "starts soon";
            return DeviceSlots.Acquire(DevicesOf(run), free) is { } device ? $"waits for {device}" : "starts now";
        }
    }

    /// <summary>A run with its place, where it waits.</summary>
    internal static RunOverview Show(RunState run, Dictionary<string, Place> places) =>
        run.IsQueued && places.TryGetValue(run.Id, out Place? place) ? run.Overview(place.Number, place.WaitsFor) : run.Overview();

    /// <summary>A place in the queue.</summary>
    internal sealed record Place(int Number, string WaitsFor);

    /// <summary>A run that could not be started is left for so long: what is wrong with its folder may be mended meanwhile.</summary>
    private static readonly TimeSpan BetweenLaunches = TimeSpan.FromSeconds(10);

    private IEnumerable<ScheduledRun> Waiting() => registry.All.Where(run => run.State.IsQueued).OrderBy(run => run.State.Job.Order).ThenBy(run => run.Id, StringComparer.Ordinal);

    private IReadOnlyList<string> DevicesOf(RunState run) => DeviceSlots.NeededBy(run.Settings, gpus);

    private int SlotsOf(string device) => device == DeviceSlots.Cpu ? Settings.CpuSlots : 1;

    private Dictionary<string, int> FreeSlots()
    {
        Dictionary<string, int> free = new() { [DeviceSlots.Cpu] = Settings.CpuSlots };
        foreach (string device in registry.Live.SelectMany(run => DevicesOf(run.State))) free[device] = free.GetValueOrDefault(device, 1) - 1;
        return free;
    }

    /// <summary>How long the last run of the same template with the same model and data took; null where there was none.</summary>
    private double? UsualSeconds(RunState run) => registry.All.Select(other => other.State)
        .Where(other => other.Status == RunStatus.Succeeded && other.Settings == run.Settings && other.Job.Origin?.Template == run.Job.Origin?.Template && other.Job.Attempts.Count == 1)
        .OrderByDescending(other => other.Job.Created).Select(other => other.Overview()).Select(other => (other.Ended - other.Started)?.TotalSeconds).FirstOrDefault();

    private static void Refuse(RunState state, RunSignal signal, Func<RunState, string> reason)
    {
        if (state.Fault is { } fault && !state.IsLive) throw new UserError(fault);
        if (!RunTransitions.Allows(state.Status, signal)) throw new UserError(reason(state));
    }

    private void Append(ScheduledRun run, RunSignal signal)
    {
        double order = EndOfQueue();
        registry.Update(run, state => state.Adopted().After(signal, job => job with { Order = order, Intent = null, Fault = null }));
    }

    private void Set(Func<QueueSettings, QueueSettings> change)
    {
        settings.Update(change);
        PublishQueue();
        wake();
    }

    private void PublishQueue() => registry.Changes.Publish(new(RunChangeKind.Queue));
}
