using System.Text.Json;
using Unmask.Core.Events;
using Unmask.Core.Storage;

namespace Unmask.Core.Runs.Processes;

/// <summary>What a run is asked by its file <c>stop.json</c>.</summary>
public enum StopOrder
{
    /// <summary>Finish the step, save, end.</summary>
    Save,

    /// <summary>End at once, saving nothing.</summary>
    Now,
}

/// <summary>
/// The file <c>stop.json</c> of a run, <c>{"mode":"save"}</c> or <c>{"mode":"now"}</c>: anybody may write it, the process that writes the run looks
/// for it a few times a second, in every phase.
/// </summary>
public static class StopFile
{
    internal const string FileName = "stop.json";

    private sealed record Content(StopOrder Mode);

    /// <summary>Asks the run to stop.</summary>
    /// <exception cref="UserError">The disk refuses.</exception>
    public static void Write(string runFolder, StopOrder order) =>
        Durable.WriteFile(PathIn(runFolder), JsonSerializer.SerializeToUtf8Bytes(new Content(order), EventFormat.Options), besides: true);

    /// <summary>What the run is asked; null when nothing.</summary>
    public static StopOrder? Read(string runFolder) => JsonRecord.TryRead<Content>(PathIn(runFolder))?.Mode;

    /// <summary>Takes the request back, when it was answered or nobody is there to answer.</summary>
    public static void Clear(string runFolder)
    {
        try
        {
            File.Delete(PathIn(runFolder));
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            // It is read once more, and stops a run that can go on again.
        }
    }

    private static string PathIn(string runFolder) => Path.Combine(runFolder, FileName);
}
