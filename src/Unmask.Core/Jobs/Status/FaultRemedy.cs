using Unmask.Core.Events;
using Unmask.Core.Parameters;

namespace Unmask.Core.Jobs.Status;

/// <summary>A change of settings that would have helped a run that failed.</summary>
/// <param name="Title">What it is, after "Queue again with".</param>
/// <param name="Changes">Settings as <c>key=value</c>.</param>
public sealed record FaultRemedy(string Title, IReadOnlyList<string> Changes)
{
    /// <summary>The one for a failure; null where no setting would have helped.</summary>
    public static FaultRemedy? For(FailureReason reason, TrainParameters settings) => reason switch
    {
        FailureReason.OutOfMemory when settings.BatchSize > 1 => new($"batch {settings.BatchSize / 2} and twice the accumulation",
            [FormattableString.Invariant($"batch_size={settings.BatchSize / 2}"), FormattableString.Invariant($"gradient_accumulation_steps={settings.GradientAccumulationSteps * 2}")]),
        FailureReason.OutOfMemory when settings.MaxLength > 64 => new($"max_length {settings.MaxLength / 2}", [FormattableString.Invariant($"max_length={settings.MaxLength / 2}")]),
        FailureReason.NumericDivergence when settings.UsualLearningRate is { High: var high } && settings.LearningRate > 2 * high => new(FormattableString.Invariant($"learning rate {high}"), [FormattableString.Invariant($"learning_rate={high:R}")]),
        FailureReason.NumericDivergence => new("half the learning rate", [FormattableString.Invariant($"learning_rate={settings.LearningRate / 2:R}")]),
        _ => null,
    };
}
