using Unmask.Engine.Data.Files;
using Unmask.Engine.Data.Files.Readers;
using Xunit;

namespace Unmask.Tests.Data;

/// <summary>Apart from all other tests, which allocate in the same process.</summary>
[CollectionDefinition(nameof(ReadingMemoryTests), DisableParallelization = true)]
[Collection(nameof(ReadingMemoryTests))]
public sealed class ReadingMemoryTests
{
    [Fact]
    public void Reading_a_long_file_takes_little_memory()
    {
        using var folder = new TemporaryFolder();
        var path = folder["long.json"];
        using (var writer = new StreamWriter(path))
        {
            writer.Write('[');
            for (var i = 0; i < 60_000; i++) writer.Write($"{(i > 0 ? "," : "")}\n{{\"a\": \"{new string('x', 500)}\"}}");
            writer.Write(']');
        }

        var before = GC.GetTotalMemory(forceFullCollection: true);
        var peak = 0L;
        var count = 0;
        foreach (var _ in new RowReader().Read(DataFile.At(path), bad => Assert.Fail(bad.ToString())))
        {
            if (++count % 10_000 == 0) peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: true) - before);
        }

        Assert.Equal(60_000, count);
        Assert.True(peak < new FileInfo(path).Length / 8, $"{peak} bytes were held");
    }
}
