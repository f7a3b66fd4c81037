using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Unmask.Engine.Tensors;

using static TorchSharp.torch;

namespace Unmask.Engine.Collectives;

/// <summary>Processes with a GPU each, over NCCL. Data stay on the GPUs.</summary>
public sealed class NcclCollectives : ICollectives
{
    private readonly NcclLibrary nccl;
    private readonly nint communicator;
    private readonly Device device;

    internal NcclCollectives(NcclLibrary nccl, nint communicator, int rank, int size, Device device) =>
        (this.nccl, this.communicator, Rank, Size, this.device) = (nccl, communicator, rank, size, device);

    public int Rank { get; }

    public int Size { get; }

    public string Name => $"NCCL {nccl.Version}";

    internal static byte[] NewId(NcclLibrary library)
    {
        var id = library.NewId();
        return MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref id, 1)).ToArray();
    }

    /// <summary>Joins the group that rank 0 has made.</summary>
    /// <param name="library">NCCL.</param>
    /// <param name="id">The 128 bytes that rank 0 has got from it.</param>
    /// <param name="rank">Number of this process.</param>
    /// <param name="size">How many there are.</param>
    /// <param name="device">The GPU of this process, as CUDA counts in it.</param>
    internal static NcclCollectives Join(NcclLibrary library, byte[] id, int rank, int size, int device)
    {
        // The first use of the device makes it the current one of this thread.
        var gpu = new Device(TorchSharp.DeviceType.CUDA, device);
        using (zeros(1, device: gpu))
        {
            return new NcclCollectives(library, library.Join(MemoryMarshal.Read<NcclId>(id), rank, size), rank, size, gpu);
        }
    }

    public void Sum(Tensor values, int? root = null)
    {
        var type = values.dtype switch
        {
            ScalarType.Float32 => NcclLibrary.DataType.Float32,
            ScalarType.Float64 => NcclLibrary.DataType.Float64,
            ScalarType.Int64 => NcclLibrary.DataType.Int64,
            ScalarType.BFloat16 => NcclLibrary.DataType.BFloat16,
            var other => throw new ArgumentException($"{other} cannot be summed over processes.", nameof(values)),
        };
        if (root is { } to) nccl.Reduce(AddressOf(values), values.numel(), type, to, communicator);
        else nccl.AllReduce(AddressOf(values), values.numel(), type, communicator);
    }

    public void Broadcast(Tensor values, int root) => nccl.Broadcast(AddressOf(values), values.numel() * values.element_size(), root, communicator);

    public byte[][] Gather(byte[] part)
    {
        using var scope = NewDisposeScope();
        var length = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(length, part.Length);
        var lengths = Equal(length).Select(bytes => (int)BinaryPrimitives.ReadInt64LittleEndian(bytes)).ToArray();
        var padded = new byte[Math.Max(1, lengths.Max())];
        part.CopyTo(padded, 0);
        return [.. Equal(padded).Zip(lengths, (bytes, count) => bytes[..count])];
    }

    public void Barrier() => Gather([]);

    public void Dispose() => nccl.Leave(communicator);

    /// <summary>Gathers parts of one length.</summary>
    private IEnumerable<byte[]> Equal(byte[] part)
    {
        var from = tensor(part, ScalarType.Byte, device);
        var to = empty(part.Length * (long)Size, ScalarType.Byte, device);
        nccl.AllGather(AddressOf(from), AddressOf(to), part.Length, communicator);
        // Host sync: the bytes are wanted here.
        return to.cpu().bytes.ToArray().Chunk(part.Length);
    }

    private static nint AddressOf(Tensor values) => values.is_contiguous() ? TensorAddress.Of(values) : throw new ArgumentException("Only contiguous tensors can be sent.", nameof(values));
}
