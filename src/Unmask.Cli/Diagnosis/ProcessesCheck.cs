using System.Diagnostics;
using System.Text.Json.Nodes;
using TorchSharp;
using Unmask.Cli.Work;
using Unmask.Core;
using Unmask.Core.Events;
using Unmask.Core.Storage;
using Unmask.Engine.Diagnosis;
using Unmask.Engine.Runtime;

namespace Unmask.Cli.Diagnosis;

/// <summary>A small training by two processes of this program, on two GPUs or over MPI on the CPU, against the same by one.</summary>
internal static class ProcessesCheck
{
    private const int Steps = 6;
    private static readonly TimeSpan patience = TimeSpan.FromMinutes(5);

    /// <summary>The check on a device; of GPUs the second process takes the first other one.</summary>
    /// <param name="device">The device.</param>
    /// <param name="stop">Ends the trainings.</param>
    public static DeviceCheck On(torch.Device device, CancellationToken stop)
    {
        var onGpu = device.type != DeviceType.CPU;
        return new DeviceCheck($"2 ranks match 1 process: {Steps} steps over {(onGpu ? "NCCL" : "MPI")}", 1e-5, "relative", () => Measure(Places(device), stop))
        {
            Missing = onGpu ? (UnmaskRuntime.Start().CudaDevices < 2 ? "there is one GPU" : null) : MpiMissing(),
        };
    }

    private static string? MpiMissing()
    {
        try
        {
            MpiLauncher.Find();
            return null;
        }
        catch (UserError)
        {
            return "MPI is not on this machine (Debian: openmpi-bin)";
        }
    }

    /// <summary>The settings that put one process, and two, on a device.</summary>
    internal static (string Device, string One, string Two) Places(torch.Device device) => device.type == DeviceType.CPU
        ? ("cpu", "num_processes=1", "num_processes=2")
        : ("cuda", $"gpu_ids={device.index}", $"gpu_ids={device.index},{(device.index == 0 ? 1 : 0)}");

    private static double Measure((string Device, string One, string Two) places, CancellationToken stop)
    {
        var folder = ScratchFolder.Create("doctor");
        try
        {
            var rows = Path.Combine(folder.FullName, "rows.jsonl");
            File.WriteAllLines(rows, Enumerable.Range(0, 48).Select(i => new JsonObject { ["prompt"] = $"say {i}", ["response"] = $"{i * 7 % 10}{i % 3}" }.ToJsonString()));
            File.WriteAllText(Path.Combine(folder.FullName, "recipe.yaml"), $"""
                model_size: tiny
                vocabulary: character
                dataset: rows.jsonl
                max_length: 32
                dtype: float32
                train_steps: {Steps}
                logging_steps: 1
                eval_strategy: 'no'
                sample_count: 0
                train_device: {places.Device}

                """);
            var (one, two) = (Train(folder.FullName, "one", batch: 8, places.One, stop), Train(folder.FullName, "two", batch: 4, places.Two, stop));
            return one.Zip(two, (a, b) => Math.Abs(a - b) / Math.Abs(a)).Max();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static double[] Train(string folder, string name, int batch, string places, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        var program = UnmaskProgram.ThisOne();
        var run = Path.Combine(folder, name);
        var start = new ProcessStartInfo(program.File, [.. program.Arguments, "train", "recipe.yaml", "--run-dir", run, "--json", "--set", $"batch_size={batch}", "--set", places])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stop);
        waiting.CancelAfter(patience);
        try
        {
            process.WaitForExitAsync(waiting.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            stop.ThrowIfCancellationRequested();
            throw new UserError($"The training with {places} did not end within {patience.TotalMinutes:F0} minutes.");
        }

        // Ctrl+C reaches the training, too, which may end of itself before this process hears of it.
        stop.ThrowIfCancellationRequested();
        Task.WaitAll(output, error);
        if (process.ExitCode != 0) throw new UserError($"The training with {places} ended with code {process.ExitCode}: {error.Result.Trim()}");
        double[] losses = [.. Core.Events.EventLog.Read(Path.Combine(run, "events.jsonl")).OfType<StepLogged>().SelectMany(step => new[] { step.Loss, step.GradNorm ?? double.NaN })];
        return losses.Length == 2 * Steps ? losses : throw new UserError(string.Create(CultureInfo.InvariantCulture, $"The training with {places} logged {losses.Length / 2} of {Steps} steps."));
    }
}
