namespace Unmask.Core.Jobs;

/// <summary>What a <see cref="RunScheduler"/> needs to know of its surroundings.</summary>
public sealed record SchedulerOptions
{
    /// <summary>The program whose <c>worker</c> command trains a run.</summary>
    public UnmaskProgram Program { get; init; } = UnmaskProgram.ThisOne();

    /// <summary>Numbers of the GPUs that this program can use; none on a machine without, or where it is not known.</summary>
    public IReadOnlyList<int> Gpus { get; init; } = [];
}
