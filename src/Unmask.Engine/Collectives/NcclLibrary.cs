using System.Runtime.InteropServices;

namespace Unmask.Engine.Collectives;

/// <summary>What NCCL calls a unique id: 128 bytes, passed by value.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NcclId
{
    public const int Bytes = 128;

    public fixed byte Value[Bytes];
}

/// <summary>
/// The C interface of NCCL 2 (nccl.h): <c>libnccl.so.2</c> of the system or beside LibTorch. All operations are queued on a stream of CUDA; the one passed here is
/// the default stream, on which LibTorch works too, so that they run in the order of the calls.
/// </summary>
internal sealed unsafe class NcclLibrary
{
    private const int Success = 0;

    /// <summary>ncclRedOp_t: ncclSum.</summary>
    private const int SumOf = 0;

    private const nint DefaultStream = 0;

    private readonly delegate* unmanaged<int*, int> getVersion;
    private readonly delegate* unmanaged<NcclId*, int> getUniqueId;
    private readonly delegate* unmanaged<nint*, int, NcclId, int, int> commInitRank;
    private readonly delegate* unmanaged<nint, int> commDestroy;
    private readonly delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int> allReduce;
    private readonly delegate* unmanaged<nint, nint, nuint, int, int, int, nint, nint, int> reduce;
    private readonly delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int> broadcast;
    private readonly delegate* unmanaged<nint, nint, nuint, int, nint, nint, int> allGather;
    private readonly delegate* unmanaged<int, byte*> getErrorString;

    /// <param name="export">The address of a function by its name.</param>
    public NcclLibrary(Func<string, nint> export)
    {
        getVersion = (delegate* unmanaged<int*, int>)export("ncclGetVersion");
        getUniqueId = (delegate* unmanaged<NcclId*, int>)export("ncclGetUniqueId");
        commInitRank = (delegate* unmanaged<nint*, int, NcclId, int, int>)export("ncclCommInitRank");
        commDestroy = (delegate* unmanaged<nint, int>)export("ncclCommDestroy");
        allReduce = (delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int>)export("ncclAllReduce");
        reduce = (delegate* unmanaged<nint, nint, nuint, int, int, int, nint, nint, int>)export("ncclReduce");
        broadcast = (delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int>)export("ncclBroadcast");
        allGather = (delegate* unmanaged<nint, nint, nuint, int, nint, nint, int>)export("ncclAllGather");
        getErrorString = (delegate* unmanaged<int, byte*>)export("ncclGetErrorString");
        int version;
        Check(getVersion(&version), "ncclGetVersion");
        // 22107 is 2.21.7; before 2.9 it was 2804.
        Version = version < 10000 ? $"{version / 1000}.{version / 100 % 10}.{version % 100}" : $"{version / 10000}.{version / 100 % 100}.{version % 100}";
    }

    /// <summary>ncclDataType_t.</summary>
    public enum DataType
    {
        UInt8 = 1,
        Int64 = 4,
        Float32 = 7,
        Float64 = 8,
        BFloat16 = 9,
    }

    public string Version { get; }

    /// <summary>Loads the library of this machine.</summary>
    /// <exception cref="UserError">There is none.</exception>
    public static NcclLibrary Load()
    {
        foreach (var name in (string[])["libnccl.so.2", "libnccl.so"])
        {
            if (NativeLibrary.TryLoad(name, typeof(TorchSharp.torch).Assembly, null, out var library) || NativeLibrary.TryLoad(name, out library)) return new NcclLibrary(function => NativeLibrary.GetExport(library, function));
        }

        throw new UserError("NCCL (libnccl.so.2), which several GPUs need, is not on this machine; install NVIDIA's package libnccl2, or put the library on LD_LIBRARY_PATH.");
    }

    /// <summary>A new name for a group, to be carried to its other members.</summary>
    public NcclId NewId()
    {
        NcclId id;
        Check(getUniqueId(&id), "ncclGetUniqueId");
        return id;
    }

    /// <summary>Joins a group; returns when all members have.</summary>
    public nint Join(NcclId id, int rank, int size)
    {
        nint communicator;
        Check(commInitRank(&communicator, size, id, rank), "ncclCommInitRank");
        return communicator;
    }

    public void Leave(nint communicator) => Check(commDestroy(communicator), "ncclCommDestroy");

    public void AllReduce(nint buffer, long count, DataType type, nint communicator) =>
        Check(allReduce(buffer, buffer, (nuint)count, (int)type, SumOf, communicator, DefaultStream), "ncclAllReduce");

    public void Reduce(nint buffer, long count, DataType type, int root, nint communicator) =>
        Check(reduce(buffer, buffer, (nuint)count, (int)type, SumOf, root, communicator, DefaultStream), "ncclReduce");

    public void Broadcast(nint buffer, long bytes, int root, nint communicator) =>
        Check(broadcast(buffer, buffer, (nuint)bytes, (int)DataType.UInt8, root, communicator, DefaultStream), "ncclBroadcast");

    public void AllGather(nint from, nint to, long bytes, nint communicator) =>
        Check(allGather(from, to, (nuint)bytes, (int)DataType.UInt8, communicator, DefaultStream), "ncclAllGather");

    private void Check(int code, string call)
    {
        if (code == Success) return;
        throw new IOException($"{call} failed: {Marshal.PtrToStringUTF8((nint)getErrorString(code)) ?? $"error {code}"}. NCCL_DEBUG=INFO in the environment makes it say more.");
    }
}
