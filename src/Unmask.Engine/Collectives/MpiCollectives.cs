using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TorchSharp;
using Unmask.Engine.Native;

using static TorchSharp.torch;

namespace Unmask.Engine.Collectives;

/// <summary>Processes that mpirun, mpiexec or srun has started, over MPI. Tensors on a GPU go through the memory of the host.</summary>
public sealed unsafe class MpiCollectives : ICollectives
{
    /// <summary>
    /// Bytes of a message. On one machine small ones stay in the caches: 64 MiB took 26 ms in pieces of 1 MiB and 62 ms as a whole.
    /// </summary>
    private const int MessageBytes = 1 << 20;

    private readonly MpiLibrary mpi;
    private readonly nint addBFloat16;

    private MpiCollectives(MpiLibrary mpi)
    {
        this.mpi = mpi;
        (Rank, Size) = mpi.Place();
        addBFloat16 = mpi.CreateOperation(&AddBFloat16);
    }

    public int Rank { get; }

    public int Size { get; }

    public string Name => mpi.Version;

    /// <summary>Joins the other processes. Once in the life of a process.</summary>
    /// <param name="prefersMpich">Whether this process was started by MPICH's launcher.</param>
    /// <exception cref="UserError">There is no MPI library, or one that cannot be used.</exception>
    public static MpiCollectives Join(bool prefersMpich)
    {
        var mpi = MpiLibrary.TryLoad(prefersMpich) ?? throw new UserError("There is no MPI library on this machine, which several processes on CPUs need; install Open MPI (Debian: openmpi-bin) or MPICH.");
        // Copies between processes by the kernel were 15 to 25 times slower than through shared memory, in a virtual machine.
        NativeEnvironment.Propose("OMPI_MCA_btl_vader_single_copy_mechanism", "none");
        mpi.Initialize();
        return new MpiCollectives(mpi);
    }

    public void Sum(Tensor values, int? root = null)
    {
        var (type, operation, width) = values.dtype switch
        {
            ScalarType.Float32 => (mpi.Float, mpi.SumOf, sizeof(float)),
            ScalarType.Float64 => (mpi.Double, mpi.SumOf, sizeof(double)),
            ScalarType.Int64 => (mpi.Int64, mpi.SumOf, sizeof(long)),
            ScalarType.BFloat16 => (mpi.UInt16, addBFloat16, sizeof(ushort)),
            var other => throw new ArgumentException($"{other} cannot be summed over processes.", nameof(values)),
        };
        OnHost(values, bytes =>
        {
            fixed (byte* start = bytes)
            {
                for (var at = 0L; at < bytes.Length; at += MessageBytes)
                {
                    var count = (int)Math.Min(MessageBytes, bytes.Length - at) / width;
                    if (root is { } to) mpi.Reduce(start + at, count, type, operation, to, to == Rank);
                    else mpi.AllReduce(start + at, count, type, operation);
                }
            }
        });
    }

    public void Broadcast(Tensor values, int root) => OnHost(values, bytes =>
    {
        fixed (byte* start = bytes)
        {
            for (var at = 0; at < bytes.Length; at += MessageBytes) mpi.Broadcast(start + at, Math.Min(MessageBytes, bytes.Length - at), root);
        }
    });

    public byte[][] Gather(byte[] part)
    {
        var counts = new int[Size];
        var own = part.Length;
        fixed (int* to = counts) mpi.AllGather(&own, sizeof(int), to);
        var places = new int[Size];
        for (var rank = 1; rank < Size; rank++) places[rank] = checked(places[rank - 1] + counts[rank - 1]);
        var all = new byte[places[^1] + counts[^1]];
        fixed (byte* from = part, to = all)
        {
            fixed (int* countOf = counts, placeOf = places) mpi.AllGather(from, own, to, countOf, placeOf);
        }

        return [.. Enumerable.Range(0, Size).Select(rank => all[places[rank]..(places[rank] + counts[rank])])];
    }

    public void Barrier() => mpi.Barrier();

    public void Dispose() => mpi.Finish();

    private delegate void OnBytes(Span<byte> bytes);

    /// <summary>Works on the bytes of a tensor where they are, or on a copy in the host's memory that then goes back.</summary>
    private static void OnHost(Tensor values, OnBytes work)
    {
        if (!values.is_contiguous()) throw new ArgumentException("Only contiguous tensors can be sent.", nameof(values));
        var bytesEach = values.element_size();
        // Spans hold at most 2^31 bytes.
        const long most = 1L << 30;
        var flat = values.detach().view(-1);
        for (long at = 0; at < flat.numel(); at += most / bytesEach)
        {
            using var scope = NewDisposeScope();
            var part = flat.narrow(0, at, Math.Min(most / bytesEach, flat.numel() - at));
            if (part.device_type == DeviceType.CPU)
            {
                work(part.bytes);
                continue;
            }

            var host = part.cpu();
            work(host.bytes);
            part.copy_(host);
        }
    }

    /// <summary>The operator of MPI that adds bfloat16 in float32 and rounds to nearest, halves to even.</summary>
    [UnmanagedCallersOnly]
    private static void AddBFloat16(void* from, void* to, int* count, nint* type)
    {
        var a = (ushort*)from;
        var b = (ushort*)to;
        var i = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; i <= *count - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
            {
                var (aLow, aHigh) = Vector256.Widen(Vector256.Load(a + i));
                var (bLow, bHigh) = Vector256.Widen(Vector256.Load(b + i));
                Vector256.Narrow(Added(aLow, bLow), Added(aHigh, bHigh)).Store(b + i);
            }
        }

        for (; i < *count; i++) b[i] = (ushort)Added(Vector256.CreateScalar((uint)a[i]), Vector256.CreateScalar((uint)b[i])).ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Added(Vector256<uint> a, Vector256<uint> b)
    {
        var sum = (a << 16).AsSingle() + (b << 16).AsSingle();
        var bits = sum.AsUInt32();
        var rounded = (bits + Vector256.Create(0x7FFFu) + ((bits >> 16) & Vector256<uint>.One)) >> 16;
        // Rounding could carry the bits of a NaN over into infinity.
        return Vector256.ConditionalSelect(Vector256.Equals(sum, sum).AsUInt32(), rounded, (bits >> 16) | Vector256.Create(0x40u));
    }
}
