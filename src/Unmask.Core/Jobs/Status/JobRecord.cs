using System.Text.Json;
using System.Text.Json.Serialization;
using Unmask.Core.Events;
using Unmask.Core.Runs.Processes;

namespace Unmask.Core.Jobs.Status;

/// <summary>Where a run came from.</summary>
/// <param name="Template">Id of the template it was made from; null for none.</param>
/// <param name="Parent">Id of the run it was repeated or branched from; null for none.</param>
/// <param name="Step">Step of the parent's checkpoint it starts from; null when it starts like the parent did.</param>
public sealed record RunOrigin(string? Template = null, string? Parent = null, long? Step = null);

/// <summary>Why a run failed.</summary>
/// <param name="Reason">For programs.</param>
/// <param name="Message">A sentence for people: what happened and what to do.</param>
public sealed record RunFault(FailureReason Reason, string Message);

/// <summary>One process that worked on a run.</summary>
/// <param name="ProcessId">Its number.</param>
/// <param name="ProcessStarted">When it started: a later process of that number is another.</param>
/// <param name="Ended">When it was found ended; null while it lives.</param>
/// <param name="ExitCode">What it said to the system; null while it lives, and for ever when nobody watched it end.</param>
/// <param name="Birth">As in <see cref="ProcessIdentity"/>.</param>
public sealed record Attempt(int ProcessId, DateTimeOffset ProcessStarted, DateTimeOffset? Ended = null, int? ExitCode = null, string? Birth = null)
{
    internal Attempt(ProcessIdentity process) : this(process.ProcessId, process.ProcessStarted, Birth: process.Birth)
    {
    }

    /// <summary>The process.</summary>
    [JsonIgnore]
    internal ProcessIdentity Process => new(ProcessId, ProcessStarted, Birth);
}

/// <summary>What a live run was asked to do.</summary>
/// <param name="Mode">How to end.</param>
/// <param name="Since">When it was asked.</param>
/// <param name="Pause">It is to go on later, so that it ends as paused.</param>
public sealed record StopRequest(StopMode Mode, DateTimeOffset Since, bool Pause = false);

/// <summary>
/// The file <c>job.json</c> of a run: what the workbench knows of it beside what the run itself tells. Only the workbench writes it. A run made by
/// the terminal has none until the person does something with it here.
/// </summary>
public sealed record JobRecord
{
    /// <summary>Its name in the run folder.</summary>
    public const string FileName = "job.json";

    private static readonly JsonSerializerOptions Format = new(EventFormat.Options) { WriteIndented = true, NewLine = "\n" };

    /// <summary>Version of the form.</summary>
    public int V { get; init; } = 1;

    /// <summary>The run's id.</summary>
    public required string Id { get; init; }

    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    /// <summary>When it was queued first.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>How it stands.</summary>
    public required RunStatus State { get; init; }

    /// <summary>Its place in the queue: lower goes first.</summary>
    public double Order { get; init; }

    /// <summary>Where it came from; null when it was made from nothing.</summary>
    public RunOrigin? Origin { get; init; }

    /// <summary>Words to find it by.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Hidden from the usual list.</summary>
    public bool Archived { get; init; }

    /// <summary>The processes that worked on it, oldest first.</summary>
    public IReadOnlyList<Attempt> Attempts { get; init; } = [];

    /// <summary>What it was asked to do and has not done yet.</summary>
    public StopRequest? Intent { get; init; }

    /// <summary>Why it failed; null when it did not.</summary>
    public RunFault? Fault { get; init; }

    /// <summary>Time of the last event of the run that <see cref="State"/> takes into account; later ones were told while no workbench looked.</summary>
    public DateTimeOffset? Seen { get; init; }

    /// <summary>The key it was queued under, so that the same request twice makes one run.</summary>
    public string? Key { get; init; }

    /// <summary>Reads the record of a run; null when it has none, or it is damaged (then the run's own files count).</summary>
    public static JobRecord? Read(string runFolder) => Read(runFolder, out _);

    /// <summary>Reads the record of a run; null when it has none, or it is damaged.</summary>
    /// <param name="runFolder">The run.</param>
    /// <param name="fault">What is wrong with it, a sentence; null when all is well or it has none.</param>
    internal static JobRecord? Read(string runFolder, out string? fault)
    {
        fault = null;
        try
        {
            return JsonRecord.Find<JobRecord>(Path.Combine(runFolder, FileName));
        }
        catch (UserError broken)
        {
            fault = broken.Message;
            return null;
        }
    }

    /// <summary>The content of the file.</summary>
    internal byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, Format);
}
