using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using Unmask.Core.Events;
using Unmask.Core.Storage;

namespace Unmask.Core.Runs.Processes;

/// <summary>A process and no later one that got the same number.</summary>
/// <param name="ProcessId">Its number.</param>
/// <param name="ProcessStarted">When it started, by the clock of that moment.</param>
/// <param name="Birth">What the system itself counts: the boot and the tick of it. Unlike a time of day it stays when the clock is set. Null where the system tells none.</param>
public sealed record ProcessIdentity(int ProcessId, DateTimeOffset ProcessStarted, string? Birth = null)
{
    /// <summary>Two readers convert start times a little differently.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(1);

    /// <summary>This process.</summary>
    [JsonIgnore]
    public static ProcessIdentity Current
    {
        get
        {
            using var me = Process.GetCurrentProcess();
            return From(me);
        }
    }

    /// <summary>The identity of a process of which one has a handle.</summary>
    public static ProcessIdentity From(Process process) => LinuxBirth.From(process.Id) is { } birth
        ? new(process.Id, DateTimeOffset.UtcNow - birth.Age, birth.Name)
        : new(process.Id, process.StartTime.ToUniversalTime());

    /// <summary>A handle on the process; null when it has ended.</summary>
    public Process? Find()
    {
        Process? process = null;
        try
        {
            process = Process.GetProcessById(ProcessId);
            if (IsMe(From(process)) && !process.HasExited) return process;
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException or Win32Exception)
        {
            // It ended between one look and the next, or belongs to somebody else by now.
        }

        process?.Dispose();
        return null;
    }

    private bool IsMe(ProcessIdentity found) => Birth is not null && found.Birth is not null
        ? Birth == found.Birth
        : (found.ProcessStarted - ProcessStarted).Duration() <= Tolerance;

    /// <summary>Writes it as JSON.</summary>
    internal void Write(string path) => Durable.WriteFile(path, JsonSerializer.SerializeToUtf8Bytes(this, EventFormat.Options));

    /// <summary>Reads it; null when there is none or it is damaged.</summary>
    internal static ProcessIdentity? Read(string path) => JsonRecord.TryRead<ProcessIdentity>(path);
}
