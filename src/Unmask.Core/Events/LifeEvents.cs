using System.Text.Json.Serialization;

namespace Unmask.Core.Events;

/// <summary>The first event of a run.</summary>
/// <param name="RunId">Sortable id of the run, the start of its folder's name.</param>
/// <param name="Name">Short human name.</param>
/// <param name="Config">The resolved settings, by setting name, as in <c>config.yaml</c>.</param>
/// <param name="Versions">Program and library versions, e.g. unmask, dotnet, libtorch.</param>
/// <param name="Machine">What it runs on: e.g. system, processor, threads, memory_bytes, device.</param>
public sealed record RunStarted(
    string RunId,
    string Name,
    IReadOnlyDictionary<string, object?> Config,
    IReadOnlyDictionary<string, string> Versions,
    IReadOnlyDictionary<string, string> Machine) : RunEvent
{
    protected override string Kind => "run_started";
}

/// <summary>The run goes on after an interruption, from a checkpoint; later events of the interrupted part were cut away.</summary>
/// <param name="Step">Optimizer step of the checkpoint.</param>
/// <param name="Checkpoint">Folder of the checkpoint, relative to the run folder.</param>
/// <param name="InterruptedStep">Last step the interrupted part had logged; null when it had logged none.</param>
/// <param name="CutEvents">How many events of the interrupted part were cut away, because the resumed run makes them again.</param>
public sealed record RunResumed(long Step, string Checkpoint, long? InterruptedStep, int CutEvents) : RunEvent
{
    protected override string Kind => "run_resumed";
}

/// <summary>What the run does now. Repeated with growing <paramref name="Done"/> while a phase lasts.</summary>
/// <param name="Phase">One of <see cref="Phases"/>.</param>
/// <param name="Detail">A few words for a person, e.g. the file being read; null when there is nothing to add.</param>
/// <param name="Done">Units done so far (rows, steps, bytes); null when unknown.</param>
/// <param name="Total">Units in all; null when unknown.</param>
public sealed record PhaseChanged(string Phase, string? Detail = null, long? Done = null, long? Total = null) : RunEvent
{
    /// <summary>One of <see cref="Phases"/>; earlier versions wrote "tokenising".</summary>
    public string Phase { get; init; } = Phase == "tokenising" ? Phases.Tokenizing : Phase;

    protected override string Kind => "phase_changed";
}

/// <summary>The names of the phases of a run, in their usual order.</summary>
public static class Phases
{
    public const string Downloading = "downloading";
    public const string ReadingData = "reading_data";
    public const string Tokenizing = "tokenizing";
    public const string LoadingModel = "loading_model";
    public const string Training = "training";
    public const string Evaluating = "evaluating";
    public const string Sampling = "sampling";
    public const string SavingCheckpoint = "saving_checkpoint";
    public const string FinalEvaluation = "final_evaluation";
    public const string SavingModel = "saving_model";
}

/// <summary>How much a <see cref="Notice"/> matters. Errors that end a run are in <see cref="RunFinished"/>.</summary>
public enum NoticeLevel
{
    Info,
    Warning,
}

/// <summary>A sentence for the person who watches.</summary>
public sealed record Notice(NoticeLevel Level, string Message) : RunEvent
{
    protected override string Kind => "notice";
}

/// <summary>How a run ended.</summary>
public enum RunOutcome
{
    /// <summary>Every step was made and the final model is in place.</summary>
    Done,

    /// <summary>The person asked it to stop; it can go on from its last checkpoint.</summary>
    Stopped,

    /// <summary>It could not go on; <see cref="RunFinished.Reason"/> says why.</summary>
    Failed,
}

/// <summary>Why a run failed, for programs; the sentence for people stands beside it.</summary>
public enum FailureReason
{
    OutOfMemory,
    DataInvalid,
    ModelMissing,
    ModelUnsupported,
    NumericDivergence,
    DiskFull,
    DeviceLost,
    Timeout,
    Killed,
    Internal,
}

/// <summary>The last event of a run. A run without it was interrupted.</summary>
/// <param name="Outcome">done, stopped or failed.</param>
/// <param name="Step">Last optimizer step that was completed.</param>
/// <param name="Model">Folder of the final model, relative to the run folder; null when there is none.</param>
/// <param name="Reason">Set when the outcome is failed.</param>
/// <param name="Message">A sentence: what happened and what to do.</param>
/// <param name="Seconds">Wall time of this process's part of the run.</param>
public sealed record RunFinished(
    RunOutcome Outcome,
    long Step,
    string? Model = null,
    FailureReason? Reason = null,
    string? Message = null,
    double? Seconds = null) : RunEvent
{
    protected override string Kind => "run_finished";

    [JsonIgnore]
    public bool Succeeded => Outcome == RunOutcome.Done;
}
