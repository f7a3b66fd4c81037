using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Unmask.Core.Runs.Processes;

namespace Unmask.Core.Jobs.Launching;

/// <summary>A process that writes a run: started here, or found at work.</summary>
internal sealed class WorkerProcess : IDisposable
{
    private const int KeptOutput = 4000;

    private readonly Process? process;
    private readonly bool isChild;
    private readonly StringBuilder output = new();

    private WorkerProcess(Process? process, bool isChild)
    {
        this.process = process;
        this.isChild = isChild;
    }

    /// <summary>Who it is; null when that is not known.</summary>
    public ProcessIdentity? Identity { get; private init; }

    /// <summary>What it wrote before its own log was open, such as why it cannot start at all.</summary>
    public string EarlyOutput
    {
        get
        {
            lock (output) return output.ToString().Trim();
        }
    }

    /// <summary>Whether this workbench started it, so that its exit code will be known.</summary>
    public bool IsChild => isChild;

    /// <summary>It has been seen to hold the run, so that a free lock means that it ended.</summary>
    public bool WasHeld { get; set; }

    /// <summary>Starts a worker on a run.</summary>
    /// <param name="program">This program.</param>
    /// <param name="run">The run folder.</param>
    /// <param name="threads">CPU threads that it may use where its settings name none; null leaves it to the worker.</param>
    /// <exception cref="UserError">It cannot be started.</exception>
    public static WorkerProcess Start(UnmaskProgram program, string run, int? threads)
    {
        var start = new ProcessStartInfo(program.File) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, CreateNoWindow = true };
        foreach (string argument in (IEnumerable<string>)[.. program.Arguments, "worker", run]) start.ArgumentList.Add(argument);
        program.AddTo(start.Environment, RunSecrets.NeededBy(run));
        if (threads is { } count) start.Environment["OMP_NUM_THREADS"] = count.ToString(CultureInfo.InvariantCulture);
        try
        {
            Process process = Process.Start(start) ?? throw new Win32Exception();
            var worker = new WorkerProcess(process, isChild: true) { Identity = IdentityOf(process) };

            // Only what it says before it opens its log comes here; a worker whose pipe has no reader any more goes on.
            process.OutputDataReceived += (_, line) => worker.Save(line.Data);
            process.ErrorDataReceived += (_, line) => worker.Save(line.Data);
            process.StandardInput.Close();
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            return worker;
        }
        catch (Exception failure) when (failure is Win32Exception or IOException)
        {
            throw new UserError($"A worker cannot be started with {program.File}: {failure.Message.TrimEnd('.')}. Check that the program is still where it was when the workbench started.");
        }
    }

    /// <summary>Attaches to a process that is at work already.</summary>
    public static WorkerProcess Attach(ProcessIdentity? identity) => new(identity?.Find(), isChild: false) { Identity = identity };

    /// <summary>Has it ended? Always false for one that is no child: only the run's lock tells.</summary>
    public bool HasExited => isChild && process!.HasExited;

    /// <summary>Does a process of that number and start time exist?</summary>
    public bool Exists => isChild ? !process!.HasExited : Identity?.Find() is { } found && Closed(found);

    /// <summary>What it said to the system when it ended; null while it lives, and for one that is no child.</summary>
    public int? ExitCode => HasExited ? process!.ExitCode : null;

    /// <summary>Lets the system end it, and the processes that it started for the run. They notice nothing.</summary>
    /// <exception cref="UserError">It cannot be ended from here.</exception>
    public void Kill()
    {
        try
        {
            if (isChild) process!.Kill(entireProcessTree: true);
            else
            {
                using Process? found = Identity?.Find();
                found?.Kill(entireProcessTree: true);
                if (Identity is null) throw new UserError("The process that writes this run is unknown and cannot be killed from here. Stop the run where it was started.");
            }
        }
        catch (Exception failure) when (failure is Win32Exception or InvalidOperationException or AggregateException)
        {
            if (Exists) throw new UserError($"The process {Identity?.ProcessId} cannot be killed: {failure.Message.TrimEnd('.')}. End it by the means of the system.");
        }
    }

    public void Dispose() => process?.Dispose();

    private static ProcessIdentity? IdentityOf(Process process)
    {
        try
        {
            return ProcessIdentity.From(process);
        }
        catch (Exception gone) when (gone is InvalidOperationException or Win32Exception)
        {
            return null;
        }
    }

    private static bool Closed(Process found)
    {
        found.Dispose();
        return true;
    }

    private void Save(string? line)
    {
        if (line is null) return;
        lock (output)
        {
            if (output.Length < KeptOutput) output.Append(line).Append('\n');
        }
    }
}
