using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Unmask.Engine.Collectives;
using Unmask.Engine.Tensors;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Collectives;

/// <summary>
/// What NCCL is asked, argument by argument, held against the signatures of nccl.h by a stand-in that acts as if a second rank held the same data. The real
/// library needs GPUs.
/// </summary>
public sealed unsafe class NcclCollectivesTests
{
    private const nint Communicator = 0x1234;

    private static readonly List<string> calls = [];

    private static nint Export(string name) => name switch
    {
        "ncclGetVersion" => (nint)(delegate* unmanaged<int*, int>)&GetVersion,
        "ncclGetUniqueId" => (nint)(delegate* unmanaged<byte*, int>)&GetUniqueId,
        "ncclCommInitRank" => (nint)(delegate* unmanaged<nint*, int, Id, int, int>)&CommInitRank,
        "ncclCommDestroy" => (nint)(delegate* unmanaged<nint, int>)&CommDestroy,
        "ncclAllReduce" => (nint)(delegate* unmanaged<void*, void*, nuint, int, int, nint, nint, int>)&AllReduce,
        "ncclReduce" => (nint)(delegate* unmanaged<void*, void*, nuint, int, int, int, nint, nint, int>)&Reduce,
        "ncclBroadcast" => (nint)(delegate* unmanaged<void*, void*, nuint, int, int, nint, nint, int>)&Broadcast,
        "ncclAllGather" => (nint)(delegate* unmanaged<void*, void*, nuint, int, nint, nint, int>)&AllGather,
        "ncclGetErrorString" => (nint)(delegate* unmanaged<int, byte*>)&GetErrorString,
        _ => throw new ArgumentException($"nccl.h has no {name} that is used.", nameof(name)),
    };

    [Fact]
    public void Every_call_is_made_as_the_header_says()
    {
        calls.Clear();
        var library = new NcclLibrary(Export);
        var id = NcclCollectives.NewId(library);
        Assert.Equal(Enumerable.Range(0, 128).Select(i => (byte)(i * 3)), id);
        var communicator = library.Join(MemoryMarshal.Read<NcclId>(id), rank: 1, size: 2);
        using (var group = new NcclCollectives(library, communicator, 1, 2, CPU))
        {
            Assert.Equal("NCCL 2.21.7", group.Name);
            using var values = tensor(new[] { 1f, -2f, 0.5f });
            group.Sum(values);
            Assert.Equal([2f, -4f, 1f], values.data<float>().ToArray());
            group.Sum(values, root: 0);
            using var whole = zeros(4, 6, dtype: ScalarType.BFloat16);
            group.Broadcast(whole[1], root: 0);
            Assert.Equal([[7, 8, 9], [7, 8, 9]], group.Gather([7, 8, 9]));
            using var counts = zeros(5, dtype: ScalarType.Int64);
            group.Sum(counts);
            Assert.Throws<ArgumentException>(() => group.Sum(whole.t()));
        }

        Assert.Equal(
            [
                "version", "id", "init 2 ranks, rank 1, the id whole: True",
                "all-reduce 3 of type 7, op 0, comm 4660, stream 0, in place: True",
                "reduce 3 of type 7, op 0, root 0, comm 4660, stream 0, in place: True",
                "broadcast 12 of type 1, root 0, comm 4660, stream 0, in place: True",
                "all-gather 8 of type 1, comm 4660, stream 0",
                "all-gather 3 of type 1, comm 4660, stream 0",
                "all-reduce 5 of type 4, op 0, comm 4660, stream 0, in place: True",
                "destroy 4660",
            ],
            calls);
    }

    [Fact]
    public void What_goes_wrong_is_told_in_its_words()
    {
        var library = new NcclLibrary(Export);
        var error = Assert.Throws<IOException>(() => library.AllReduce(0, count: 0, NcclLibrary.DataType.Float32, communicator: 0));
        Assert.StartsWith("ncclAllReduce failed: unhandled cuda error.", error.Message);
    }

    [Fact]
    public void The_address_of_a_tensor_is_where_its_elements_are()
    {
        using var whole = arange(12, ScalarType.Float32);
        using var part = whole.narrow(0, 5, 4);
        Assert.Equal(5f, *(float*)TensorAddress.Of(part));
        fixed (byte* start = part.bytes) Assert.Equal((nint)start, TensorAddress.Of(part));
    }

    [InlineArray(128)]
    private struct Id
    {
        private byte first;
    }

    [UnmanagedCallersOnly]
    private static int GetVersion(int* version)
    {
        calls.Add("version");
        *version = 22107;
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int GetUniqueId(byte* id)
    {
        calls.Add("id");
        for (var i = 0; i < 128; i++) id[i] = (byte)(i * 3);
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int CommInitRank(nint* communicator, int ranks, Id id, int rank)
    {
        var whole = Enumerable.Range(0, 128).All(i => id[i] == (byte)(i * 3));
        calls.Add($"init {ranks} ranks, rank {rank}, the id whole: {whole}");
        *communicator = Communicator;
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int CommDestroy(nint communicator)
    {
        calls.Add($"destroy {communicator}");
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int AllReduce(void* from, void* to, nuint count, int type, int operation, nint communicator, nint stream)
    {
        if (communicator == 0) return 1;
        calls.Add($"all-reduce {count} of type {type}, op {operation}, comm {communicator}, stream {stream}, in place: {from == to}");
        if (type != 7) return 0;
        for (nuint i = 0; i < count; i++) ((float*)to)[i] = 2 * ((float*)from)[i];
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int Reduce(void* from, void* to, nuint count, int type, int operation, int root, nint communicator, nint stream)
    {
        calls.Add($"reduce {count} of type {type}, op {operation}, root {root}, comm {communicator}, stream {stream}, in place: {from == to}");
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int Broadcast(void* from, void* to, nuint count, int type, int root, nint communicator, nint stream)
    {
        calls.Add($"broadcast {count} of type {type}, root {root}, comm {communicator}, stream {stream}, in place: {from == to}");
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int AllGather(void* from, void* to, nuint count, int type, nint communicator, nint stream)
    {
        calls.Add($"all-gather {count} of type {type}, comm {communicator}, stream {stream}");
        NativeMemory.Copy(from, to, count);
        NativeMemory.Copy(from, (byte*)to + count, count);
        return 0;
    }

    [UnmanagedCallersOnly]
    private static byte* GetErrorString(int code) => (byte*)Marshal.StringToCoTaskMemUTF8(code == 1 ? "unhandled cuda error" : "other");
}
