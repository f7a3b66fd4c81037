using System.Text.Json;
using Unmask.Core.Events;

namespace Unmask.Engine.Collectives;

/// <summary>The processes of a run, as one of them sees them.</summary>
public sealed class RankGroup : IDisposable
{
    private readonly RankWatch? watch;

    private RankGroup(ICollectives collectives, RankPlace? place, RankWatch? watch) => (Collectives, Place, this.watch) = (collectives, place, watch);

    /// <summary>A process alone.</summary>
    public static RankGroup Alone { get; } = new(SingleProcess.Instance, null, null);

    /// <summary>Processes that are watched by nobody: those of a test, which are threads.</summary>
    internal static RankGroup Unwatched(ICollectives collectives) => new(collectives, null, null);

    public ICollectives Collectives { get; }

    /// <summary>Where this process stands; null for one alone.</summary>
    public RankPlace? Place { get; }

    public int Rank => Collectives.Rank;

    public int Size => Collectives.Size;

    /// <summary>Whether this process writes the run: its events, checkpoints and outputs.</summary>
    public bool IsFirst => Rank == 0;

    /// <summary>Number of the GPU of this process among those of the run on this machine.</summary>
    public int LocalRank => Place?.LocalRank ?? 0;

    /// <summary>Joins the other processes. Returns when all have come.</summary>
    /// <param name="place">Where this process stands.</param>
    /// <param name="onGpu">Whether the run computes on GPUs.</param>
    /// <param name="device">Number of this process's GPU, where it does.</param>
    /// <exception cref="UserError">Others do not come, or what they need to talk is not there.</exception>
    public static RankGroup Join(RankPlace place, bool onGpu, int device)
    {
        if (place.Size == 1) return new RankGroup(SingleProcess.Instance, place, null);
        if (onGpu) return JoinOverNccl(place, device);
        if (place.Starter == RankStarter.Variables)
        {
            throw new UserError("RANK and WORLD_SIZE are set, but processes on CPUs talk over MPI, whose own launcher must start them: "
                + "use `mpirun -n N unmask train ...`, or num_processes, which does that, and unset RANK and WORLD_SIZE.");
        }

        var mpi = JoinMpi(place);
        return new RankGroup(mpi, place, MeetOverMpi(mpi, []).Watch);
    }

    private static MpiCollectives JoinMpi(RankPlace place)
    {
        var mpi = MpiCollectives.Join(place.Starter == RankStarter.Mpich);
        if (mpi.Size == place.Size) return mpi;
        throw new UserError($"{place.Size} processes were started, but {mpi.Name} sees {mpi.Size}: the launcher belongs to another MPI than the library that is loaded; "
            + $"start with the launcher of {mpi.Name} (srun: with --mpi=pmix), or install the library of the launcher.");
    }

    /// <summary>Where rank 0 can be met goes over MPI, which is there already.</summary>
    private static (RankWatch Watch, byte[] Shared) MeetOverMpi(MpiCollectives mpi, byte[] shared)
    {
        var opened = mpi.Rank == 0 ? RankWatch.Open() : default;
        var meeting = JsonSerializer.Deserialize<RankWatch.Meeting>(mpi.Gather(mpi.Rank == 0 ? JsonSerializer.SerializeToUtf8Bytes(opened.Meeting) : [])[0])!;
        return mpi.Rank == 0 ? (RankWatch.Host(opened.Listener, meeting, mpi.Size, shared), shared) : RankWatch.Join(meeting, mpi.Rank, mpi.Size);
    }

    private static RankGroup JoinOverNccl(RankPlace place, int device)
    {
        var nccl = NcclLibrary.Load();
        var id = place.Rank == 0 ? NcclCollectives.NewId(nccl) : [];
        var (watch, shared) = place.Starter == RankStarter.Variables || Environment.GetEnvironmentVariable("MASTER_ADDR") is not null ? MeetByVariables(place, id) : MeetOverMpi(JoinMpi(place), id);
        return new RankGroup(NcclCollectives.Join(nccl, shared, place.Rank, place.Size, device), place, watch);
    }

    /// <summary>At MASTER_ADDR and MASTER_PORT.</summary>
    private static (RankWatch Watch, byte[] Shared) MeetByVariables(RankPlace place, byte[] shared)
    {
        string Variable(string name) => Environment.GetEnvironmentVariable(name) ?? throw new UserError($"{name} is not set; processes on GPUs meet at MASTER_ADDR and MASTER_PORT, the host name of rank 0 and a free port on it (docs/distributed.md).");
        var address = Variable("MASTER_ADDR");
        if (!int.TryParse(Variable("MASTER_PORT"), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65534) throw new UserError($"MASTER_PORT is '{Variable("MASTER_PORT")}'; a port from 1 to 65534 is needed.");

        // torchrun's own store listens on MASTER_PORT.
        if (Environment.GetEnvironmentVariable("TORCHELASTIC_USE_AGENT_STORE") == "True") port++;
        var meeting = new RankWatch.Meeting([address], port, Environment.GetEnvironmentVariable("UNMASK_GROUP_SECRET") ?? "");
        return place.Rank > 0 ? RankWatch.Join(meeting, place.Rank, place.Size) : (RankWatch.Host(RankWatch.Open(port, meeting.Secret).Listener, meeting, place.Size, shared), shared);
    }

    /// <summary>Calls back, once, when the run cannot go on because of another process.</summary>
    public void OnTrouble(Action<RankTrouble> callback) => watch?.OnTrouble(callback);

    /// <summary>Tells the others that this process fails.</summary>
    public void Fail(FailureReason reason, string message) => watch?.Fail(reason, message);

    /// <summary>Lets rank 0 work alone while the others sleep: rank 0 calls this when it is done, the others to wait for it.</summary>
    public void AfterFirst()
    {
        if (IsFirst) watch?.Release();
        else watch?.AwaitRelease();
    }

    /// <summary>Leaves; all processes do.</summary>
    public void Dispose()
    {
        if (Size == 1) return;
        watch?.Dispose();
        Collectives.Dispose();
    }
}
