using System.Diagnostics;
using Unmask.Core.Runs.Logs;
using Xunit;

namespace Unmask.Tests.Runs;

public sealed class RunLogTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_line_of_ours_and_one_of_a_library_are_read_for_what_they_are()
    {
        var line = LogLine.Format(Noon.AddMilliseconds(5), LogLineLevel.Warn, "Räder  drehen");
        Assert.Equal("2026-01-31T12:00:00.005Z warn  Räder  drehen", line);
        Assert.Equal(new LogLine(3, Noon.AddMilliseconds(5), LogLineLevel.Warn, "Räder  drehen"), LogLine.Parse(3, line));
        Assert.All((string[])["", "terminate called", "2026-01-31T12:00:00.005Z fatal x", "2026-99-31T12:00:00.005Z info  x"], raw => Assert.Equal(new LogLine(1, null, LogLineLevel.Raw, raw), LogLine.Parse(1, raw)));
    }

    [Fact]
    public void Pages_search_and_levels_follow_a_log_that_grows()
    {
        var log = new RunLog(folder.Path);
        Assert.Equal(0, log.Page().Total);
        Append(Enumerable.Range(1, 10).Select(i => LogLine.Format(Noon, i % 5 == 0 ? LogLineLevel.Error : LogLineLevel.Info, $"line {i}")));
        File.AppendAllText(log.Path, "torn");
        var page = log.Page(after: 2, limit: 3);
        Assert.Equal([3L, 4L, 5L], page.Lines.Select(line => line.Number));
        Assert.Equal((10L, true), (page.Total, page.HasMore));
        Assert.Equal([5L, 10L], log.Page(filter: new(Level: LogLineLevel.Error)).Lines.Select(line => line.Number));
        Assert.Equal([1L, 10L], log.Page(filter: new(Text: "LINE 1")).Lines.Select(line => line.Number));
        Assert.Equal([9L, 10L], log.Page(after: -2).Lines.Select(line => line.Number));

        File.AppendAllText(log.Path, " line\n");
        Assert.Equal((11L, "torn line", LogLineLevel.Raw), (log.Page(10).Lines.Single().Number, log.Page(10).Lines.Single().Text, log.Page(10).Lines.Single().Level));
        Assert.Equal("line 10", RunLog.LastErrorOf(folder.Path));
        Assert.Null(RunLog.LastErrorOf(folder.Path, Noon.AddSeconds(1)));
    }

    [Fact]
    public void A_hundred_thousand_lines_are_turned_over_at_once()
    {
        Append(Enumerable.Range(1, 100_000).Select(i => LogLine.Format(Noon, LogLineLevel.Info, $"step {i,8}/100000  loss 1.2345  nll 1.2345  ppl 3.4567  acc 56.7%  lr 1.00e-03  grad 1.2345  tok/s 12345 eta 12:34")));
        var log = new RunLog(folder.Path);
        var clock = Stopwatch.StartNew();
        Assert.Equal(100_000, log.Count);
        TestContext.Current.SendDiagnosticMessage($"first look: {clock.ElapsedMilliseconds} ms");
        clock.Restart();
        Assert.Equal([99_999L, 100_000L], log.Page(after: 99_998).Lines.Select(line => line.Number));
        TestContext.Current.SendDiagnosticMessage($"a page: {clock.ElapsedMilliseconds} ms");
        clock.Restart();
        Assert.Equal([77_777L], log.Page(filter: new(Text: "step    77777/")).Lines.Select(line => line.Number));
        TestContext.Current.SendDiagnosticMessage($"a search through all: {clock.ElapsedMilliseconds} ms");
        Assert.True(clock.ElapsedMilliseconds < 15_000);
    }

    private void Append(IEnumerable<string> lines) => File.AppendAllLines(folder["log.txt"], lines);
}
