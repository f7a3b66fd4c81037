using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Unmask.Engine.Native;

using static TorchSharp.torch;

namespace Unmask.Engine.Tensors;

/// <summary>
/// Splits a range of independent work over LibTorch's own OpenMP threads. Those spin for a while after every operator, so a second pool
/// would compete with them for the cores. Falls back to .NET's pool where LibTorch uses another runtime.
/// </summary>
internal static unsafe class ParallelRange
{
    private static readonly nint GompParallel;
    private static readonly nint GompThreadNumber;
    private static readonly nint GompTeamSize;

    static ParallelRange()
    {
        if (!OperatingSystem.IsLinux() || BridgeLibrary.FindStartingWith("libgomp") is not { } path || !NativeLibrary.TryLoad(path, out var gomp)) return;
        if (NativeLibrary.TryGetExport(gomp, "omp_get_thread_num", out GompThreadNumber) && NativeLibrary.TryGetExport(gomp, "omp_get_num_threads", out GompTeamSize))
        {
            NativeLibrary.TryGetExport(gomp, "GOMP_parallel", out GompParallel);
        }
    }

    private sealed class Work
    {
        public required Action<int, int> Body;
        public required int Count;
        public Exception? Failure;

        public void RunPart(int thread, int threads)
        {
            try
            {
                var (from, to) = ((int)((long)Count * thread / threads), (int)((long)Count * (thread + 1) / threads));
                if (from < to) Body(from, to);
            }
            catch (Exception e)
            {
                // Must not cross native frames; thrown again by For.
                Failure = e;
            }
        }
    }

    /// <summary>Calls <paramref name="body"/>(from, to) for parts that cover 0..<paramref name="count"/>. The parts depend on the number of threads alone.</summary>
    public static void For(int count, Action<int, int> body)
    {
        var threads = Math.Min(get_num_threads(), count);
        if (threads <= 1)
        {
            if (count > 0) body(0, count);
            return;
        }

        var work = new Work { Body = body, Count = count };
        if (GompParallel != 0)
        {
            var handle = GCHandle.Alloc(work);
            try
            {
                ((delegate* unmanaged<delegate* unmanaged<nint, void>, nint, uint, uint, void>)GompParallel)(&RunOnGompThread, GCHandle.ToIntPtr(handle), (uint)threads, 0);
            }
            finally
            {
                handle.Free();
            }
        }
        else
        {
            Parallel.For(0, threads, thread => work.RunPart(thread, threads));
        }

        if (work.Failure is { } failure) throw new InvalidOperationException("A part of parallel work failed.", failure);
    }

    [UnmanagedCallersOnly]
    private static void RunOnGompThread(nint handle) =>
        // The team may be smaller than asked for.
        Unsafe.As<Work>(GCHandle.FromIntPtr(handle).Target!).RunPart(((delegate* unmanaged<int>)GompThreadNumber)(), ((delegate* unmanaged<int>)GompTeamSize)());
}
