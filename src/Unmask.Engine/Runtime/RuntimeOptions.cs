namespace Unmask.Engine.Runtime;

/// <summary>What the engine may change in the process that it runs in, beyond loading LibTorch.</summary>
public sealed record RuntimeOptions
{
    /// <summary>For a library inside someone else's program: nothing but what loading LibTorch needs.</summary>
    public static RuntimeOptions Mild { get; } = new();

    /// <summary>For a program whose work is training and generation: all that makes it fast.</summary>
    public static RuntimeOptions Fast { get; } = new() { KeepFreedMemory = true, ShortThreadWaits = true, FastFloat32 = true };

    /// <summary>Whether glibc malloc keeps what is freed, for the whole process.</summary>
    public bool KeepFreedMemory { get; init; }

    /// <summary>Whether the threads of OpenMP sleep sooner at a barrier, by an environment variable of the process.</summary>
    public bool ShortThreadWaits { get; init; }

    /// <summary>Whether float32 products of the process's LibTorch go to oneDNN where it computes them exactly.</summary>
    public bool FastFloat32 { get; init; }
}
