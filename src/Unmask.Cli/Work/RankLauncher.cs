using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Unmask.Core;
using Unmask.Core.Events;
using Unmask.Core.Runs;
using Unmask.Core.Runs.Processes;

namespace Unmask.Cli.Work;

/// <summary>Starts the processes of a run on this machine: by MPI's launcher on the CPU, by itself on GPUs. They never outlive it.</summary>
internal sealed class RankLauncher
{
    /// <summary>How long processes may outlive one that has failed before they are killed; they notice its end by themselves.</summary>
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(20);

    private readonly LaunchPlan plan;
    private readonly string runFolder;
    private readonly Action<string>? output;
    private readonly Action<string>? error;
    private DateTimeOffset started;
    private volatile string? lastWords;

    /// <param name="plan">How many, and where.</param>
    /// <param name="runFolder">Folder of the run, which may not be there yet.</param>
    /// <param name="output">Gets each line of standard output; null lets it through.</param>
    /// <param name="error">Gets each line of standard error; null lets it through.</param>
    public RankLauncher(LaunchPlan plan, string runFolder, Action<string>? output = null, Action<string>? error = null) =>
        (this.plan, this.runFolder, this.output, this.error) = (plan, runFolder, output, error);

    /// <summary>Starts them, and returns when all have ended.</summary>
    /// <param name="arguments">Command line of this program in each of them.</param>
    /// <param name="stop">Asks the run to save and end.</param>
    /// <returns>The exit code of the first that failed, or 0.</returns>
    /// <exception cref="UserError">MPI's launcher is missing.</exception>
    public int Run(IReadOnlyList<string> arguments, CancellationToken stop)
    {
        started = DateTimeOffset.UtcNow;
        var processes = plan.Gpus is null ? [OverMpi(arguments)] : OnGpus(arguments, plan.Gpus);
        using var stopped = stop.Register(() => AskToStop(processes));
        var code = 0;
        try
        {
            code = Await(processes);
        }
        finally
        {
            foreach (var process in processes) process.Dispose();
        }

        if (code != 0) TellEnd();
        return code;
    }

    private Process OverMpi(IReadOnlyList<string> arguments)
    {
        var mpi = MpiLauncher.Find();
        var program = UnmaskProgram.ThisOne();
        string[] line = [mpi.File, .. mpi.Options(plan.Processes), program.File, .. program.Arguments, .. arguments];
        // A session of its own: Ctrl+C in this terminal is for this process, which asks for a clean stop. mpirun would kill.
        var setsid = OperatingSystem.IsLinux() && File.Exists("/usr/bin/setsid");
        return Start(setsid ? ["/usr/bin/setsid", .. line] : line, new Dictionary<string, string>());
    }

    private Process[] OnGpus(IReadOnlyList<string> arguments, IReadOnlyList<int> gpus)
    {
        var program = UnmaskProgram.ThisOne();
        var (port, secret) = (FreePort(), Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));
        var visible = Environment.GetEnvironmentVariable("CUDA_VISIBLE_DEVICES")?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return
        [
            .. gpus.Select((gpu, rank) => Start([program.File, .. program.Arguments, .. arguments], new Dictionary<string, string>
            {
                ["RANK"] = Text(rank),
                ["LOCAL_RANK"] = Text(rank),
                ["WORLD_SIZE"] = Text(gpus.Count),
                ["LOCAL_WORLD_SIZE"] = Text(gpus.Count),
                ["MASTER_ADDR"] = IPAddress.Loopback.ToString(),
                ["MASTER_PORT"] = Text(port),
                ["UNMASK_GROUP_SECRET"] = secret,
                ["CUDA_VISIBLE_DEVICES"] = visible is { Length: > 0 } ? visible[gpu] : Text(gpu),
            })),
        ];
    }

    private Process Start(string[] line, Dictionary<string, string> variables)
    {
        var start = new ProcessStartInfo(line[0], line[1..]) { RedirectStandardInput = true, RedirectStandardOutput = output is not null, RedirectStandardError = error is not null };
        foreach (var (name, value) in variables) start.Environment[name] = value;
        start.Environment[RankProcess.Launched] = "1";
        // mpirun gives the first process a terminal of its own, which .NET would greet with control characters.
        start.Environment["TERM"] = "dumb";
        var process = Process.Start(start) ?? throw new UserError($"{line[0]} could not be started.");
        Read(process.StartInfo.RedirectStandardOutput ? process.StandardOutput : null, output);
        Read(process.StartInfo.RedirectStandardError ? process.StandardError : null, text =>
        {
            if (text.Contains("[rank ", StringComparison.Ordinal)) lastWords = text[(text.IndexOf(']', StringComparison.Ordinal) + 1)..].Trim();
            error!(text);
        });
        return process;
    }

    private readonly List<Thread> readers = [];

    private void Read(StreamReader? from, Action<string>? to)
    {
        if (from is null || to is null) return;
        var thread = new Thread(() =>
        {
            while (from.ReadLine() is { } text) to(text);
        })
        { IsBackground = true, Name = "rank output" };
        thread.Start();
        readers.Add(thread);
    }

    private int Await(Process[] processes)
    {
        var code = 0;
        var failedAt = 0L;
        while (processes.Any(process => !process.WaitForExit(100)))
        {
            foreach (var failed in processes.Where(process => code == 0 && process.HasExited && process.ExitCode != 0)) (code, failedAt) = (failed.ExitCode, Stopwatch.GetTimestamp());
            if (code == 0 || Stopwatch.GetElapsedTime(failedAt) < patience) continue;
            foreach (var process in processes.Where(process => !process.HasExited)) process.Kill(entireProcessTree: true);
        }

        foreach (var reader in readers) reader.Join();
        return code != 0 ? code : processes.Select(process => process.ExitCode).FirstOrDefault(one => one != 0);
    }

    private void AskToStop(Process[] processes)
    {
        if (Directory.Exists(runFolder) && RunFolder.IsHeld(runFolder))
        {
            StopFile.Write(runFolder, StopOrder.Save);
            return;
        }

        // Nothing has begun that could be saved. Their standard input ends, and so do they.
        foreach (var process in processes) process.StandardInput.Dispose();
    }

    /// <summary>The first process writes the end of a run; where it was the one that fell silent, nobody has.</summary>
    private void TellEnd()
    {
        if (!File.Exists(Path.Combine(runFolder, "events.jsonl"))) return;
        try
        {
            using var folder = RunFolder.Open(runFolder);
            if (Unmask.Core.Events.EventLog.Read(folder.EventsPath).LastOrDefault() is RunFinished last && last.Time >= started) return;
            var words = lastWords ?? "The ranks of the run ended without a report, as when they are killed.";
            folder.WriteLastEvent(new RunFinished(RunOutcome.Failed, 0, Reason: FailureReason.Killed, Message: string.Join(' ', words, folder.WayOn).TrimEnd()));
        }
        catch (Exception failure) when (failure is UserError or IOException or UnauthorizedAccessException)
        {
            error?.Invoke(failure.Message);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
