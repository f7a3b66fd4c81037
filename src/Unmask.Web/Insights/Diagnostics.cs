using System.IO.Compression;
using System.Text.Json;
using Unmask.Core.Events;
using Unmask.Core.Jobs;
using Unmask.Core.Jobs.Status;
using Unmask.Core.Methods;
using Unmask.Core.Protocol;
using Unmask.Core.Protocol.Client;
using Unmask.Web.Logging;

namespace Unmask.Web.Insights;

/// <summary>What helps to find a fault, in one archive: the machine, versions, self-tests, how runs stand, the end of the log, and of the last failed ones settings, log and events. Secrets are in none of these.</summary>
/// <param name="scheduler">The runs.</param>
/// <param name="tests">Self-tests.</param>
/// <param name="engine">Describes the machine.</param>
/// <param name="log">What the workbench logged.</param>
internal sealed class Diagnostics(RunScheduler scheduler, SelfTestStore tests, EngineProcess engine, WorkbenchLog log)
{
    private const int FailedRuns = 5;
    private const int LogLines = 400;
    private const int LogBytes = 256 << 10;

    private static readonly JsonSerializerOptions format = new(EventFormat.Options) { WriteIndented = true };

    /// <summary>Makes the archive.</summary>
    /// <param name="stop">Ends it.</param>
    public async Task<byte[]> Pack(CancellationToken stop = default)
    {
        using var packed = new MemoryStream();
        await using (var archive = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true))
        {
            await Write(archive, "machine.json", await Machine(stop));
            await Write(archive, "self-tests.json", JsonSerializer.SerializeToUtf8Bytes(tests.All, format));
            await Write(archive, "queue.json", JsonSerializer.SerializeToUtf8Bytes(new { Queue = scheduler.Queue.Settings, Lanes = scheduler.Queue.ListDevices(), scheduler.Trouble }, format));
            await Write(archive, "workbench.log", System.Text.Encoding.UTF8.GetBytes(log.File.Tail(LogBytes)));
            await Write(archive, "runs.json", JsonSerializer.SerializeToUtf8Bytes(scheduler.List(), format));
            foreach (var run in scheduler.List().Where(run => run.Status is RunStatus.Failed or RunStatus.Interrupted).Take(FailedRuns))
            {
                if (scheduler.History(run.Id) is not { } history) continue;
                await Write(archive, $"runs/{run.Id}/config.yaml", System.Text.Encoding.UTF8.GetBytes(scheduler.SettingsOrNull(run.Id) is { } settings ? Core.Parameters.Recipes.ConfigFile.Write(settings) : "# The settings of this run cannot be read.\n"));
                await Write(archive, $"runs/{run.Id}/log.txt", System.Text.Encoding.UTF8.GetBytes(string.Join('\n', history.Log.Page(-LogLines, LogLines).Lines.Select(line => $"{line.Time:O} {line.Level} {line.Text}"))));
            }
        }

        return packed.ToArray();
    }

    /// <summary>The machine as the engine sees it; where the engine does not start, why not: that is the fault to find.</summary>
    private async Task<byte[]> Machine(CancellationToken stop)
    {
        try
        {
            return JsonSerializer.SerializeToUtf8Bytes(await engine.AskAsync(new MachineRequest(scheduler.Workspace.Home, Measure: false), cancellation: stop), format);
        }
        catch (EngineFailure failure)
        {
            return JsonSerializer.SerializeToUtf8Bytes(new { failure.Message, failure.Trace }, format);
        }
    }

    private static async Task Write(ZipArchive archive, string name, byte[] content)
    {
        await using var entry = await archive.CreateEntry(name).OpenAsync();
        await entry.WriteAsync(content);
    }
}
