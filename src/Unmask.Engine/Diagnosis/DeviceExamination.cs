using System.Diagnostics;
using TorchSharp;
using Unmask.Core.Parameters;
using Unmask.Engine.Plugins;
using Unmask.Engine.Runtime;

using static TorchSharp.torch;

namespace Unmask.Engine.Diagnosis;

/// <summary>Tries everything that training and generation need on one device, against the numbers of the original programs.</summary>
public static class DeviceExamination
{
    /// <summary>The device of a name.</summary>
    /// <param name="name"><c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</param>
    /// <exception cref="UserError">There is no such device.</exception>
    public static Device Named(string name)
    {
        var engine = UnmaskRuntime.Start();
        if (name == "cpu") return CPU;
        var number = name == "cuda" ? 0 : name.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(name["cuda:".Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : -1;
        if (number < 0) throw new UserError($"The device is {name}. It must be cpu, cuda or cuda:N with a number.");
        if (number >= engine.CudaDevices)
        {
            throw new UserError($"The device is {name}, but {(engine.CudaDevices == 0 ? "this build finds no CUDA device" : $"there are {engine.CudaDevices} CUDA devices, numbered from 0")}. "
                + "`unmask doctor` without --full says what is there.");
        }

        return new Device(DeviceType.CUDA, number);
    }

    /// <summary>Runs every check.</summary>
    /// <param name="device">Where.</param>
    /// <param name="version">Version of the program.</param>
    /// <param name="reported">Told of each result.</param>
    /// <param name="stop">Ends it between two checks.</param>
    public static IReadOnlyList<DeviceCheckResult> Run(Device device, string version, Action<DeviceCheckResult> reported, CancellationToken stop)
    {
        var results = new List<DeviceCheckResult>();
        void Add(DeviceCheckResult result)
        {
            results.Add(result);
            reported(result);
        }

        var hasBfloat16 = NvidiaDevice.ComputesBfloat16(device);
        foreach (var model in ReferenceModel.OpenAll())
        {
            using var opened = model;
            foreach (var check in new ReferenceChecks(model, device, hasBfloat16).All)
            {
                stop.ThrowIfCancellationRequested();
                Add(Try(check));
            }
        }

        foreach (var method in Enum.GetValues<TrainingMethod>()) Add(SelfTested(method, device, version, stop));
        return results;
    }

    /// <summary>Runs one check.</summary>
    public static DeviceCheckResult Try(DeviceCheck check)
    {
        if (check.Missing is { } missing) return new DeviceCheckResult(check.Name, DeviceCheckState.Skipped, null, check.Allowed, check.Unit, 0, missing);
        var clock = Stopwatch.StartNew();
        try
        {
            var difference = check.Measure();
            var passed = difference <= check.Allowed;
            return new DeviceCheckResult(
                check.Name, passed ? DeviceCheckState.Passed : DeviceCheckState.Failed, difference, check.Allowed, check.Unit, clock.Elapsed.TotalSeconds,
                passed ? null : string.Create(CultureInfo.InvariantCulture, $"The difference from the reference is {difference:G3}. It must be at most {check.Allowed:G3}. Results of this device are unreliable."));
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            // Whatever a device or its driver throws is what this is here to find.
            return new DeviceCheckResult(check.Name, DeviceCheckState.Failed, null, check.Allowed, check.Unit, clock.Elapsed.TotalSeconds, fault.Message.ReplaceLineEndings(" "));
        }
    }

    private static DeviceCheckResult SelfTested(TrainingMethod method, Device device, string version, CancellationToken stop)
    {
        var result = SelfTest.Run(method, version, static _ => { }, stop, device);
        var name = $"{method.ToString().ToLowerInvariant()}: train from scratch, save, generate, and train an adapter on a 4-bit base";
        return new DeviceCheckResult(name, result.Ready ? DeviceCheckState.Passed : DeviceCheckState.Failed, null, null, "", result.Seconds, result.Ready ? null : result.Sentence);
    }
}
