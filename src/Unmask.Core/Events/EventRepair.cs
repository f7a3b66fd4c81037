namespace Unmask.Core.Events;

/// <summary>
/// Completes events of other versions and of other programs: what is null or left out is empty, so that no reader has to ask. An event without what
/// makes it one is no event.
/// </summary>
internal static class EventRepair
{
    /// <summary>The event with nothing missing in it; null where its meaning is missing.</summary>
    public static RunEvent? Whole(RunEvent happened) => happened switch
    {
        RunStarted started => started with { RunId = started.RunId ?? "", Name = started.Name ?? "", Config = started.Config ?? new Dictionary<string, object?>(), Versions = Whole(started.Versions), Machine = Whole(started.Machine) },
        RunResumed { Checkpoint: null } resumed => resumed with { Checkpoint = "" },
        PhaseChanged { Phase: null } or Notice { Message: null } => null,
        StepLogged { LossByNoiseLevel: { } levels } step => step with { LossByNoiseLevel = Present(levels) },
        EvaluationFinished { LossByNoiseLevel: { } levels } evaluation => evaluation with { LossByNoiseLevel = Present(levels) },
        RanksMeasured measured => measured with { Ranks = Present(measured.Ranks) },
        SamplesDrawn drawn => drawn with { Samples = Whole(drawn.Samples) },
        FinalEvaluation { Examples: { } examples } final => final with { Examples = Whole(examples) },
        WeightsSeen seen => seen with { Weights = [.. Present(seen.Weights).Where(weight => weight is { Name: not null, Counts: not null })] },
        CheckpointSaved { Path: null } saved => saved with { Path = "" },
        CheckpointRejected rejected => rejected with { Path = rejected.Path ?? "", Message = rejected.Message ?? "" },
        _ => happened,
    };

    private static IReadOnlyList<T> Present<T>(IReadOnlyList<T?>? list) where T : class => list is null ? [] : [.. list.OfType<T>()];

    private static Dictionary<string, string> Whole(IReadOnlyDictionary<string, string>? texts) => texts?.Where(pair => pair.Value is not null).ToDictionary() ?? [];

    private static IReadOnlyList<DrawnSample> Whole(IReadOnlyList<DrawnSample?>? samples) =>
        [.. Present(samples).Select(sample => sample with { Prompt = sample.Prompt ?? "", Output = sample.Output ?? "", Frames = sample.Frames is { } frames ? Present(frames) : null })];
}
