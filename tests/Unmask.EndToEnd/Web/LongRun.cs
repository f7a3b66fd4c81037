using System.Globalization;
using System.Text;
using Unmask.Core.Events;
using Unmask.Core.Runs.Logs;

namespace Unmask.EndToEnd.Web;

/// <summary>A run of many steps and log lines, written in a moment, as a worker would have left it.</summary>
internal static class LongRun
{
    /// <summary>Writes it into a new folder: ten series of so many steps, among them a spike of the loss, and the log.</summary>
    public static void Make(string folder, int steps, int lines)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.yaml"), "training_method: bert\nmodel_size: tiny\n");
        using (var events = new StreamWriter(Path.Combine(folder, "events.jsonl")))
        {
            Write(events, new RunStarted("20260131-120000-long", "long", new Dictionary<string, object?>(), new Dictionary<string, string>(), new Dictionary<string, string>()) { Time = At(0) });
            Write(events, new PhaseChanged(Phases.Training) { Time = At(0) });
            for (var step = 1; step <= steps; step++)
            {
                var loss = step == steps / 3 ? 50 : 0.5 + 5.0 / (1 + step / 1000.0) + Math.Sin(step * 0.37) / 10;
                Write(events, new StepLogged(step, step / 1000.0, loss, loss, Math.Exp(loss), 1 - loss / 60, 1e-3, 1.25 + Math.Cos(step), 12_000 + step % 500, 0.01, 1 << 30) { Time = At(step) });
            }

            Write(events, new RunFinished(RunOutcome.Stopped, steps) { Time = At(steps) });
        }

        File.WriteAllLines(Path.Combine(folder, RunLog.FileName), Enumerable.Range(1, lines).Select(line => Line(line, lines)));
    }

    /// <summary>A line as a worker logs it.</summary>
    public static string Line(int number, int of) => LogLine.Format(
        At(number), number % 1000 == 0 ? LogLineLevel.Warn : LogLineLevel.Info,
        string.Create(CultureInfo.InvariantCulture, $"step {number,8}/{of}  loss 1.2345  nll 1.2345  ppl 3.4567  acc 56.7%  lr 1.00e-03  grad 1.2345  tok/s 12345 eta 12:34"));

    private static DateTimeOffset At(int step) => new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero).AddMilliseconds(10L * step);

    private static void Write(StreamWriter events, RunEvent happened) => events.Write(Encoding.UTF8.GetString(EventFormat.ToLine(happened)));
}
