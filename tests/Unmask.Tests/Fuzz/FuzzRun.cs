using System.Diagnostics;
using System.Security.Cryptography;

namespace Unmask.Tests.Fuzz;

/// <summary>Runs a target on damaged inputs and gathers what goes wrong. Inputs that do are kept in a folder.</summary>
internal sealed class FuzzRun(IFuzzTarget target)
{
    /// <summary>Longest time of an input. A slower one is tried again, for the machine may have been busy.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    /// <summary>After this time nothing is expected any more.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Less than any thread of the program has, on any system.</summary>
    private const int StackBytes = 1 << 20;

    private const long AllocationLimit = 256L << 20;
    private const int FileTimes = 16;
    private const int FaultsKept = 30;

    private readonly Mutator mutator = new(target.Seeds, target.Words);
    private readonly Dictionary<string, (long Times, string File)> faults = [];
    private readonly string folder = Path.Combine(Path.GetTempPath(), "unmask-fuzz");
    private long started;
    private long current;
    private Exception? broken;

    /// <summary>Inputs that ran.</summary>
    public long Done { get; private set; }

    /// <summary>What went wrong, by kind: how often, and a file that shows it.</summary>
    public IReadOnlyDictionary<string, (long Times, string File)> Faults => faults;

    /// <summary>Runs the seeds, then damaged inputs.</summary>
    /// <param name="count">How many.</param>
    /// <param name="first">Number of the first damaged input.</param>
    public void Run(long count, long first)
    {
        foreach (var seed in target.Seeds) target.Run(seed);
        var worker = new Thread(() => Work(count, first), StackBytes) { IsBackground = true, Name = $"fuzz {target.Name}" };
        worker.Start();
        while (!worker.Join(Patience / 10))
        {
            if (Volatile.Read(ref started) is var since and not 0 && Stopwatch.GetElapsedTime(since) > Patience)
            {
                Fault($"an input does not end within {Patience.TotalSeconds} s", mutator.Input(Volatile.Read(ref current)));
                return;
            }
        }

        if (broken is not null) throw new InvalidOperationException("The fuzzer itself failed.", broken);
    }

    private void Work(long count, long first)
    {
        try
        {
            Directory.CreateDirectory(folder);
            // What ends the process is found by this file: it holds the number of the last input.
            using var log = new FileStream(Path.Combine(folder, $"{target.Name.Replace(' ', '-')}.current"), FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
            for (var i = first; i < first + count; i++)
            {
                Volatile.Write(ref current, i);
                log.Position = 0;
                log.Write(BitConverter.GetBytes(i));
                Try(mutator.Input(i));
                Done++;
            }
        }
        catch (Exception error)
        {
            broken = error;
        }
    }

    private void Try(byte[] input)
    {
        var took = Once(input, out var allocated);
        if (took > Limit && Once(input, out allocated) > Limit) Fault($"takes longer than {Limit.TotalSeconds} s", input);
        if (allocated > Math.Max(AllocationLimit, FileTimes * (long)input.Length)) Fault($"allocates more than {AllocationLimit >> 20} MiB or {FileTimes} times the file", input);
    }

    private TimeSpan Once(byte[] input, out long allocated)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var start = Stopwatch.GetTimestamp();
        Volatile.Write(ref started, start);
        try
        {
            target.Run(input);
        }
        catch (Exception error) when (target.IsRefusal(error))
        {
        }
        catch (Exception error)
        {
            var place = error.StackTrace?.Split('\n').Select(line => line.Trim()).FirstOrDefault(line => line.StartsWith("at Unmask", StringComparison.Ordinal)) ?? error.StackTrace;
            Fault($"{error.GetType().Name} {place}", input);
        }

        Volatile.Write(ref started, 0);
        allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return Stopwatch.GetElapsedTime(start);
    }

    private void Fault(string what, byte[] input)
    {
        lock (faults)
        {
            if (faults.TryGetValue(what, out var known))
            {
                faults[what] = known with { Times = known.Times + 1 };
                return;
            }

            if (faults.Count >= FaultsKept) return;
            var file = Path.Combine(folder, $"{target.Name.Replace(' ', '-')}-{Convert.ToHexStringLower(SHA256.HashData(input))[..8]}.bin");
            File.WriteAllBytes(file, input);
            faults[what] = (1, file);
        }
    }
}
