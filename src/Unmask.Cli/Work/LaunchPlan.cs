using System.Runtime.InteropServices;
using Unmask.Core.Parameters;

namespace Unmask.Cli.Work;

/// <summary>How many processes of a run are started on this machine, and on which GPUs.</summary>
/// <param name="Processes">How many.</param>
/// <param name="Gpus">The GPU of each; null on the CPU.</param>
internal sealed record LaunchPlan(int Processes, IReadOnlyList<int>? Gpus)
{
    /// <summary>The plan of a run; null where this process does it alone.</summary>
    /// <param name="parameters">Its settings.</param>
    /// <param name="usable">GPUs of this machine that this build can use.</param>
    /// <param name="processes">Asked for on the command line; null for what the settings say.</param>
    /// <exception cref="UserError">More processes are asked for than there are GPUs for.</exception>
    public static LaunchPlan? Of(TrainParameters parameters, IReadOnlyList<int> usable, int? processes)
    {
        if (parameters.TrainDevice == TrainDevice.Cpu || usable.Count == 0)
        {
            var count = processes ?? parameters.NumProcesses ?? 1;
            return count > 1 ? new LaunchPlan(count, null) : null;
        }

        var gpus = GpusOf(parameters, usable);
        var wanted = processes ?? gpus.Count;
        if (wanted > gpus.Count) throw new UserError($"{wanted} processes are requested, but gpu_ids ({parameters.GpuIds}) names {gpus.Count}. Each GPU runs one process.");
        return wanted > 1 ? new LaunchPlan(wanted, [.. gpus.Take(wanted)]) : null;
    }

    /// <summary>The GPUs that the setting names.</summary>
    public static IReadOnlyList<int> GpusOf(TrainParameters parameters, IReadOnlyList<int> usable) => parameters.GpuIds == "auto"
        ? usable
        : [.. parameters.GpuIds.Split(',', StringSplitOptions.TrimEntries).Select(text => int.Parse(text, CultureInfo.InvariantCulture))];
}

/// <summary>The launcher of MPI on this machine.</summary>
/// <param name="File">mpirun or mpiexec.</param>
/// <param name="IsOpenMpi">Whether it is Open MPI's; else MPICH's or one like it.</param>
internal sealed partial record MpiLauncher(string File, bool IsOpenMpi)
{
    /// <summary>Finds it.</summary>
    /// <exception cref="UserError">There is none.</exception>
    public static MpiLauncher Find()
    {
        foreach (var name in (string[])["mpirun", "mpiexec"])
        {
            if (OnPath(name) is not { } file) continue;
            return new MpiLauncher(file, VersionOf(file).Contains("Open MPI", StringComparison.OrdinalIgnoreCase));
        }

        throw new UserError("num_processes is above 1, and ranks on a CPU communicate over MPI, but mpirun was not found. Install Open MPI (Debian: apt install openmpi-bin) or MPICH, or set num_processes to 1.");
    }

    /// <summary>The options before the program.</summary>
    public IEnumerable<string> Options(int processes)
    {
        if (IsOpenMpi)
        {
            if (!OperatingSystem.IsWindows() && EffectiveUser() == 0) yield return "--allow-run-as-root";
            foreach (var option in (string[])["--oversubscribe", "--bind-to", "none", "--quiet"]) yield return option;
        }

        yield return "-n";
        yield return processes.ToString(CultureInfo.InvariantCulture);
    }

    private static string? OnPath(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, name)).FirstOrDefault(System.IO.File.Exists);

    private static string VersionOf(string file)
    {
        using var asked = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(file, ["--version"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var text = asked.StandardOutput.ReadToEnd();
        asked.WaitForExit();
        return text;
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();
}
