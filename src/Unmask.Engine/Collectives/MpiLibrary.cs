using System.Runtime.InteropServices;
using System.Text;

namespace Unmask.Engine.Collectives;

/// <summary>
/// The C interface of the MPI library of this machine. MPI fixes the functions, not the handles: Open MPI's are addresses of its own data, MPICH's (and those of
/// its kin: Intel MPI, MVAPICH, Cray MPICH, one binary interface) numbers from its header. Both are passed as machine words here.
/// </summary>
internal sealed unsafe class MpiLibrary
{
    private const int Success = 0;
    private const int LongestText = 8192;

    /// <summary>MPI calls come from several threads, one at a time.</summary>
    private const int ThreadSerialized = 2;

    private static readonly string[] names = OperatingSystem.IsMacOS()
        ? ["libmpi.40.dylib", "libmpi.dylib", "libmpich.12.dylib"]
        : ["libmpi.so.40", "libmpi.so.80", "libmpi.so", "libmpich.so.12", "libmpi.so.12"];

    private readonly nint library;
    private readonly delegate* unmanaged<void*, void*, int, int*, int> initThread;
    private readonly delegate* unmanaged<int> finalize;
    private readonly delegate* unmanaged<nint, int*, int> commRank;
    private readonly delegate* unmanaged<nint, int*, int> commSize;
    private readonly delegate* unmanaged<void*, void*, int, nint, nint, nint, int> allReduce;
    private readonly delegate* unmanaged<void*, void*, int, nint, nint, int, nint, int> reduce;
    private readonly delegate* unmanaged<void*, int, nint, int, nint, int> broadcast;
    private readonly delegate* unmanaged<void*, int, nint, void*, int, nint, nint, int> allGather;
    private readonly delegate* unmanaged<void*, int, nint, void*, int*, int*, nint, nint, int> allGatherV;
    private readonly delegate* unmanaged<nint, int> barrier;
    private readonly delegate* unmanaged<delegate* unmanaged<void*, void*, int*, nint*, void>, int, nint*, int> opCreate;
    private readonly delegate* unmanaged<int, byte*, int*, int> errorString;

    private MpiLibrary(nint library)
    {
        this.library = library;
        Version = ReadVersion(Export("MPI_Get_library_version"));
        IsOpenMpi = NativeLibrary.TryGetExport(library, "ompi_mpi_comm_world", out _);
        if (IsOpenMpi)
        {
            (World, Float, Double, Int64, UInt16, Byte, SumOf) = (Export("ompi_mpi_comm_world"), Export("ompi_mpi_float"), Export("ompi_mpi_double"),
                Export("ompi_mpi_int64_t"), Export("ompi_mpi_uint16_t"), Export("ompi_mpi_byte"), Export("ompi_mpi_op_sum"));
            InPlace = (void*)1;
        }
        else if (Version.Contains("MPICH", StringComparison.OrdinalIgnoreCase) || Version.Contains("Intel", StringComparison.OrdinalIgnoreCase) || Version.Contains("MVAPICH", StringComparison.OrdinalIgnoreCase))
        {
            // mpi.h of MPICH 4.0, kept by its ABI initiative.
            (World, Float, Double, Int64, UInt16, Byte, SumOf) = (0x44000000, 0x4c00040a, 0x4c00080b, 0x4c000809, 0x4c000204, 0x4c00010d, 0x58000003);
            InPlace = (void*)-1;
        }
        else
        {
            throw new UserError($"The MPI library here is {Version}, which is not supported. Install Open MPI (Debian: openmpi-bin) or MPICH.");
        }

        initThread = (delegate* unmanaged<void*, void*, int, int*, int>)Export("MPI_Init_thread");
        finalize = (delegate* unmanaged<int>)Export("MPI_Finalize");
        commRank = (delegate* unmanaged<nint, int*, int>)Export("MPI_Comm_rank");
        commSize = (delegate* unmanaged<nint, int*, int>)Export("MPI_Comm_size");
        allReduce = (delegate* unmanaged<void*, void*, int, nint, nint, nint, int>)Export("MPI_Allreduce");
        reduce = (delegate* unmanaged<void*, void*, int, nint, nint, int, nint, int>)Export("MPI_Reduce");
        broadcast = (delegate* unmanaged<void*, int, nint, int, nint, int>)Export("MPI_Bcast");
        allGather = (delegate* unmanaged<void*, int, nint, void*, int, nint, nint, int>)Export("MPI_Allgather");
        allGatherV = (delegate* unmanaged<void*, int, nint, void*, int*, int*, nint, nint, int>)Export("MPI_Allgatherv");
        barrier = (delegate* unmanaged<nint, int>)Export("MPI_Barrier");
        opCreate = (delegate* unmanaged<delegate* unmanaged<void*, void*, int*, nint*, void>, int, nint*, int>)Export("MPI_Op_create");
        errorString = (delegate* unmanaged<int, byte*, int*, int>)Export("MPI_Error_string");
    }

    /// <summary>What the library says of itself, up to its version: <c>Open MPI v4.1.4</c>.</summary>
    public string Version { get; }

    public bool IsOpenMpi { get; }

    /// <summary>All processes.</summary>
    public nint World { get; }

    public nint Float { get; }

    public nint Double { get; }

    public nint Int64 { get; }

    public nint UInt16 { get; }

    public nint Byte { get; }

    /// <summary>Addition.</summary>
    public nint SumOf { get; }

    /// <summary>Stands for a buffer that is both given and got.</summary>
    public void* InPlace { get; }

    /// <summary>Loads the library; null where there is none.</summary>
    /// <param name="prefersMpich">Whether MPICH is looked for first, since it has started this process.</param>
    /// <exception cref="UserError">There is one that this program cannot talk to.</exception>
    public static MpiLibrary? TryLoad(bool prefersMpich)
    {
        foreach (var name in prefersMpich ? names.Reverse() : names)
        {
            if (NativeLibrary.TryLoad(name, out var library)) return new MpiLibrary(library);
        }

        return null;
    }

    public void Initialize()
    {
        int given;
        Check(initThread(null, null, ThreadSerialized, &given), "MPI_Init_thread");
        if (given < ThreadSerialized) throw new UserError($"{Version} was built without threads, which .NET cannot do without; install one that has them (Debian's openmpi-bin and mpich do).");
    }

    public void Finish() => Check(finalize(), "MPI_Finalize");

    public (int Rank, int Size) Place()
    {
        int rank, size;
        Check(commRank(World, &rank), "MPI_Comm_rank");
        Check(commSize(World, &size), "MPI_Comm_size");
        return (rank, size);
    }

    public void AllReduce(void* buffer, int count, nint type, nint operation) => Check(allReduce(InPlace, buffer, count, type, operation, World), "MPI_Allreduce");

    public void Reduce(void* buffer, int count, nint type, nint operation, int root, bool isRoot) =>
        Check(isRoot ? reduce(InPlace, buffer, count, type, operation, root, World) : reduce(buffer, null, count, type, operation, root, World), "MPI_Reduce");

    public void Broadcast(void* buffer, int bytes, int root) => Check(broadcast(buffer, bytes, Byte, root, World), "MPI_Bcast");

    public void AllGather(void* from, int bytes, void* to) => Check(allGather(from, bytes, Byte, to, bytes, Byte, World), "MPI_Allgather");

    public void AllGather(void* from, int bytes, void* to, int* counts, int* places) => Check(allGatherV(from, bytes, Byte, to, counts, places, Byte, World), "MPI_Allgatherv");

    public void Barrier() => Check(barrier(World), "MPI_Barrier");

    /// <summary>An addition of one's own, that may change the order of its terms.</summary>
    public nint CreateOperation(delegate* unmanaged<void*, void*, int*, nint*, void> function)
    {
        nint operation = 0;
        Check(opCreate(function, 1, &operation), "MPI_Op_create");
        return operation;
    }

    private nint Export(string name) => NativeLibrary.TryGetExport(library, name, out var address)
        ? address
        : throw new UserError($"The MPI library here ({Version}) has no {name}; install Open MPI (Debian: openmpi-bin) or MPICH.");

    private void Check(int code, string call)
    {
        if (code == Success) return;
        var text = stackalloc byte[LongestText];
        int length;
        var reason = errorString(code, text, &length) == Success ? Encoding.UTF8.GetString(text, length) : $"error {code}";
        throw new IOException($"{call} of {Version} failed: {reason}");
    }

    private static string ReadVersion(nint function)
    {
        var text = stackalloc byte[LongestText];
        int length;
        ((delegate* unmanaged<byte*, int*, int>)function)(text, &length);
        var all = Encoding.UTF8.GetString(text, length).TrimEnd('\0').Trim();
        // Open MPI: "Open MPI v4.1.4, package: ..."; MPICH: lines "MPICH Version:  4.0.2".
        var first = all.Split('\n')[0].Split(',')[0].Replace("Version:", "", StringComparison.Ordinal);
        return string.Join(' ', first.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }
}
