using System.Diagnostics;
using Unmask.Core.Storage;
using Xunit;

namespace Unmask.Tests.Runs;

public sealed class ScratchFolderTests
{
    [Fact]
    public void What_a_process_left_that_is_no_more_is_swept_away_and_ours_is_not()
    {
        using var ended = Process.Start(new ProcessStartInfo("dotnet", "--version") { RedirectStandardOutput = true })!;
        ended.WaitForExit();
        var left = Directory.CreateTempSubdirectory($"unmask-scratch-{ended.Id}-plan-");
        var ours = ScratchFolder.Create("plan");
        File.WriteAllText(Path.Combine(left.FullName, "rows"), "");

        ScratchFolder.Sweep();

        Assert.False(Directory.Exists(left.FullName));
        Assert.True(Directory.Exists(ours.FullName));
        ours.Delete();
    }
}
