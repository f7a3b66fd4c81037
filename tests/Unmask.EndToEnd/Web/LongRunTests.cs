using System.Globalization;
using Microsoft.Playwright;
using Unmask.Core.Runs.Logs;
using Xunit;

namespace Unmask.EndToEnd.Web;

/// <summary>A run of hundreds of thousands of measures and a hundred thousand lines of log is as handy in the browser as a short one.</summary>
public sealed class LongRunTests(Browser browser)
{
    private static readonly int steps = Number("UNMASK_LONG_RUN_STEPS", 20_000);
    private static readonly int lines = Number("UNMASK_LONG_RUN_LINES", 100_000);

    /// <summary>Does WORK, and tells how long its frames took by the clock, in milliseconds.</summary>
    private const string Frames = """
        async () => {
          const times = [];
          let last = performance.now(), going = true;
          const frame = now => { times.push(now - last); last = now; if (going) requestAnimationFrame(frame); };
          requestAnimationFrame(frame);
          await (WORK)();
          going = false;
          times.shift();
          times.sort((a, b) => a - b);
          return { longest: times.at(-1), usual: times[times.length >> 1], frames: times.length };
        }
        """;

    private sealed class Smoothness
    {
        public double Longest { get; set; }

        public double Usual { get; set; }

        public int Frames { get; set; }

        /// <summary>Computing time of the page for one frame, in milliseconds: unlike the clock's it does not grow with what else the machine does.</summary>
        public double Work { get; set; }

        public override string ToString() => $"{Frames} frames, usually {Usual:0} ms, the longest {Longest:0} ms, {Work:0.0} ms of computing each";
    }

    [Fact]
    public async Task Charts_and_log_come_at_once_and_move_smoothly()
    {
        await using var server = await Server.Start(prepare: home => LongRun.Make(Path.Combine(home, "runs", "long"), steps, lines));
        var page = await browser.Open(server);
        List<string> errors = [];
        page.PageError += (_, error) => errors.Add(error);

        Tell("page of all runs, the first that a cold server and browser show", await Timed(async () => await page.GotoAsync(server.Address + "/runs")));
        var charts = await Timed(async () => { await page.GotoAsync(server.Address + "/runs/long"); await page.Locator("metric-chart canvas").Nth(4).WaitForAsync(); });
        Tell("charts drawn", charts);
        Tell("bytes", await page.EvaluateAsync<double>("[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].reduce((sum, one) => sum + one.transferSize, 0)"));
        // The spike is one point of all: it must not be lost.
        Assert.True(await page.EvaluateAsync<double>("Math.max(...document.querySelector('metric-chart').chart.data[1])") > 49);
        var zoom = await Move(page, """
            async () => {
              const over = document.querySelector('metric-chart .u-over'), { left, top, width } = over.getBoundingClientRect();
              const mouse = (type, x) => (type === 'mousemove' || type === 'mousedown' ? over : document).dispatchEvent(new MouseEvent(type, { clientX: left + x, clientY: top + 50, movementX: 4, bubbles: true, button: 0 }));
              for (let x = 0; x < width; x += 8) { mouse('mousemove', x); await new Promise(requestAnimationFrame); }
              mouse('mousedown', width / 4);
              for (let x = width / 4; x < width / 2; x += 4) { mouse('mousemove', x); await new Promise(requestAnimationFrame); }
              mouse('mouseup', width / 2);
              for (let i = 0; i < 60; i++) await new Promise(requestAnimationFrame);
            }
            """);
        Tell("pointer and zoom", zoom);
        // The finer points of the stretch come, for each chart of the page, and not more than a chart can show; all of it again by a double click.
        await page.WaitForFunctionAsync("() => [...document.querySelectorAll('metric-chart')].filter(one => one.chart).every(one => one.fine.size > 0)");
        Assert.InRange(await InSight(page), Math.Min(1000, steps / 5), 1250);
        await Assertions.Expect(page.Locator("metric-chart .legend").First).ToContainTextAsync("step ");
        await page.Locator("metric-chart .u-over").First.DblClickAsync(new() { Position = new() { X = 20, Y = 20 } });
        await page.WaitForFunctionAsync("() => [...document.querySelectorAll('metric-chart')].filter(one => one.chart).every(one => one.fine.size === 0 && one.chart.scales.x.max >= one.data[0].at(-1))");
        var smoothing = await Move(page, "async () => { const range = document.querySelector('#smooth'); for (let i = 0; i < 40; i++) { range.value = i / 42; range.dispatchEvent(new Event('input', { bubbles: true })); await new Promise(requestAnimationFrame); } }");
        Tell("smoothing", smoothing);

        var log = await Timed(async () => { await page.GotoAsync(server.Address + "/runs/long/log"); await page.GetByText(Marked(lines)).WaitForAsync(); });
        Tell("log shown", log);
        var scroll = await Move(page, "async () => { const lines = document.querySelector('.lines'); for (let i = 0; i < 120; i++) { lines.scrollTop -= 137; await new Promise(requestAnimationFrame); } for (let i = 0; i < 30; i++) { lines.scrollTop = lines.scrollHeight * i / 30; await new Promise(requestAnimationFrame); } lines.scrollTop = 40000; }");
        Tell("scrolling", scroll);
        await page.GetByText(Marked(2010)).WaitForAsync();
        var search = await Timed(async () => { await page.FillAsync("input[type=search].finder", $"step {lines - 1,8}/"); await page.GetByText($"1 of {lines:N0} lines").WaitForAsync(); });
        Tell("search", search);
        await page.FillAsync("input[type=search].finder", "");
        Tell("bytes of JavaScript heap", await page.EvaluateAsync<double>("performance.memory.usedJSHeapSize"));
        Tell("resident bytes of the server", server.ResidentBytes);

        Assert.Empty(errors);
        Assert.All((double[])[charts, log], time => Assert.InRange(time, 0, 8000));
        Assert.All((Smoothness[])[zoom, smoothing, scroll], motion => Assert.InRange(motion.Work, 0, 50));
    }

    [Fact]
    public async Task A_log_that_is_followed_shows_each_new_line_within_a_second()
    {
        await using var server = await Server.Start(prepare: home => LongRun.Make(Path.Combine(home, "runs", "long"), steps: 10, lines: 1490));
        var page = await browser.Open(server);
        await page.GotoAsync(server.Address + "/runs/long/log");
        await page.GetByText(Marked(1490, 1490)).WaitForAsync();

        // One line, and then nothing more: no later event may be needed to bring it.
        foreach (var number in Enumerable.Range(1491, 6))
        {
            await File.AppendAllLinesAsync(Path.Combine(server.Home, "runs", "long", RunLog.FileName), [LongRun.Line(number, 1490)]);
            await page.GetByText(Marked(number, 1490)).WaitForAsync(new() { Timeout = 3000, State = WaitForSelectorState.Visible });
        }

        await page.Locator("[data-wrap]").CheckAsync();
        await File.AppendAllLinesAsync(Path.Combine(server.Home, "runs", "long", RunLog.FileName), [string.Join(' ', Enumerable.Repeat("many words", 200)), LongRun.Line(9999, 1490)]);
        await Assertions.Expect(page.GetByText(Marked(9999, 1490))).ToBeInViewportAsync(new() { Timeout = 3000 });
    }

    /// <summary>How many points the first chart has between the ends of its axis.</summary>
    private static Task<int> InSight(IPage page) => page.EvaluateAsync<int>("() => { const { chart, data } = document.querySelector('metric-chart'), { min, max } = chart.scales.x; return data[0].filter(step => step >= min && step <= max).length; }");

    private static string Marked(int number) => Marked(number, lines);

    private static string Marked(int number, int of) => string.Create(CultureInfo.InvariantCulture, $"step {number,8}/{of} ");

    private static async Task<double> Timed(Func<Task> work)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        await work();
        return clock.Elapsed.TotalMilliseconds;
    }

    private static async Task<Smoothness> Move(IPage page, string work)
    {
        var session = await page.Context.NewCDPSessionAsync(page);
        await session.SendAsync("Performance.enable", new() { ["timeDomain"] = "threadTicks" });
        var before = await Computed();
        var motion = await page.EvaluateAsync<Smoothness>(Frames.Replace("WORK", work, StringComparison.Ordinal));
        motion.Work = 1000 * (await Computed() - before) / motion.Frames;
        await session.DetachAsync();
        return motion;

        // Seconds that the page's main thread has worked.
        async Task<double> Computed() => (await session.SendAsync("Performance.getMetrics"))!.Value.GetProperty("metrics").EnumerateArray()
            .Single(metric => metric.GetProperty("name").GetString() == "TaskDuration").GetProperty("value").GetDouble();
    }

    private static void Tell(string what, object value) => TestContext.Current.SendDiagnosticMessage($"{what}: {value}");

    private static int Number(string variable, int usual) => int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var given) ? given : usual;
}
