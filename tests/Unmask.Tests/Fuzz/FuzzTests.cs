using Unmask.Testing;
using Xunit;

namespace Unmask.Tests.Fuzz;

/// <summary>Two of them at once would spoil each other's times.</summary>
[CollectionDefinition(nameof(FuzzTests), DisableParallelization = true)]
public sealed class FuzzCollection;

/// <summary>
/// Damaged files through every reader, in this process: nothing ends it, nothing takes longer than 1 s or more than 256 MiB (or 16 times the file), and every refusal is a sentence.
/// <c>UNMASK_FUZZ=N</c> runs N inputs of each kind, <c>UNMASK_FUZZ_FIRST=M</c> begins with number M; without, each kind has a few hundred, always the same ones.
/// </summary>
[Collection(nameof(FuzzTests))]
public sealed class FuzzTests(ITestOutputHelper output)
{
    public static TheoryData<string> Kinds => [.. FuzzTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Damaged_files_end_well(string kind)
    {
        var target = FuzzTargets.All.Single(target => target.Name == kind);
        var run = new FuzzRun(target);
        run.Run(Scale.Of("UNMASK_FUZZ", target.Count), Scale.Of("UNMASK_FUZZ_FIRST", 1));
        output.WriteLine($"{kind}: {run.Done} inputs, {run.Faults.Values.Sum(fault => fault.Times)} with a fault");
        Assert.True(run.Faults.Count == 0, string.Join(Environment.NewLine, run.Faults.Select(fault => $"{fault.Value.Times} x {fault.Key} ({fault.Value.File})")));
    }
}
