using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using TorchSharp;
using Unmask.Cli.Work;
using Unmask.Core;
using Unmask.Core.Events;
using Unmask.Core.Storage;
using Unmask.Engine.Diagnosis;
using Unmask.Engine.Native;

namespace Unmask.Cli.Diagnosis;

/// <summary>A small training by two processes of this program, on two GPUs or over MPI on the CPU, against the same by one.</summary>
internal static class ProcessesCheck
{
    private const int Steps = 6;
    private static readonly TimeSpan patience = TimeSpan.FromMinutes(5);

    /// <summary>The check on a kind of device.</summary>
    public static DeviceCheck On(torch.Device device)
    {
        var onGpu = device.type != DeviceType.CPU;
        return new DeviceCheck($"two processes train as one: {Steps} steps over {(onGpu ? "NCCL" : "MPI")}", 1e-5, "relative", () => Measure(onGpu))
        {
            Missing = onGpu ? (EngineRuntime.Start().CudaDevices < 2 ? "there is one GPU" : null) : MpiMissing(),
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

    private static double Measure(bool onGpu)
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
                train_device: {(onGpu ? "cuda" : "cpu")}

                """);
            var (one, two) = (Train(folder.FullName, "one", batch: 8, onGpu ? "gpu_ids=0" : "num_processes=1"), Train(folder.FullName, "two", batch: 4, onGpu ? "gpu_ids=0,1" : "num_processes=2"));
            return one.Zip(two, (a, b) => Math.Abs(a - b) / Math.Abs(a)).Max();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static double[] Train(string folder, string name, int batch, string places)
    {
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
        if (!process.WaitForExit(patience))
        {
            process.Kill(entireProcessTree: true);
            throw new UserError($"The training with {places} did not end within {patience.TotalMinutes:F0} minutes.");
        }

        Task.WaitAll(output, error);
        if (process.ExitCode != 0) throw new UserError($"The training with {places} ended with code {process.ExitCode}: {error.Result.Trim()}");
        double[] losses = [.. Core.Events.EventLog.Read(Path.Combine(run, "events.jsonl")).OfType<StepLogged>().SelectMany(step => new[] { step.Loss, step.GradNorm ?? double.NaN })];
        return losses.Length == 2 * Steps ? losses : throw new UserError(string.Create(CultureInfo.InvariantCulture, $"The training with {places} logged {losses.Length / 2} of {Steps} steps."));
    }
}
