using System.Text;
using CsCheck;
using Unmask.Core.Events;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Runs;

public class EventLogTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    private static StepLogged Step(long step) => new(step, step / 10.0, 1.0 / step, Nll: 0.5) { Time = Noon.AddSeconds(step) };

    [Fact]
    public void An_event_is_one_line_of_the_promised_form()
    {
        string line = Encoding.UTF8.GetString(EventFormat.ToLine(new StepLogged(10, 0.5, double.NaN, Nll: 2.25, LearningRate: 1e-3) { Time = Noon }));
        Assert.StartsWith("{\"v\":1,\"time\":\"2026-01-31T12:00:00+00:00\",\"event\":\"step_logged\",\"step\":10,\"epoch\":0.5,\"loss\":\"NaN\",\"nll\":2.25,", line, StringComparison.Ordinal);
        Assert.EndsWith("}\n", line, StringComparison.Ordinal);
        Assert.DoesNotContain("null", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Final_metrics_stand_at_the_top_of_their_event()
    {
        var final = new FinalEvaluation { Step = 5, Metrics = new Dictionary<string, double> { ["phoneme_error_rate"] = 0.125, ["exact_words"] = 0.5 }, Examples = [new("cat", "K AE T", "K AE T")] };
        byte[] line = EventFormat.ToLine(final);
        Assert.Contains("\"phoneme_error_rate\":0.125,\"exact_words\":0.5", Encoding.UTF8.GetString(line), StringComparison.Ordinal);
        var again = Assert.IsType<FinalEvaluation>(EventFormat.FromLine(line));
        Assert.Equal(0.125, again.Metrics["phoneme_error_rate"]);
        Assert.Equal(2, again.Metrics.Count);
    }

    [Fact]
    public void Every_kind_of_event_survives_the_file()
    {
        RunEvent[] events =
        [
            new RunStarted("id", "name", new Dictionary<string, object?> { ["batch_size"] = 4 }, new Dictionary<string, string> { ["unmask"] = "1" }, new Dictionary<string, string>()),
            new RunResumed(5, "checkpoints/step-000005", 7, 3),
            new PhaseChanged(Phases.Tokenizing, "train.jsonl", 5, 10),
            new Notice(NoticeLevel.Warning, "Zeile „ß“ \"x\"\n"),
            Step(3) with { LossByNoiseLevel = [new(0, 0.5, null, 0), new(0.5, 1, 2, 7)], TotalSteps = 9 },
            new RanksMeasured(3, [new(0, 100.5, 0.25, 5), new(1, 90, 0, 6)]),
            new EvaluationFinished(3, 1.5, 1.25, double.PositiveInfinity, 0.5),
            new SamplesDrawn(3, [new("a", "b", "c", ["_", "b"])]),
            new WeightsSeen(3, [new WeightHistogram("a.weight", -1, 2, 3, 9, [1, 0, 5])]),
            new CheckpointSaved(3, "checkpoints/step-000003", CheckpointKind.Best, 10),
            new CheckpointRejected("checkpoints/step-000009", "No."),
            new FinalEvaluation { Step = 9, Metrics = new Dictionary<string, double> { ["m"] = 1 } },
            new RunFinished(RunOutcome.Failed, 9, Reason: FailureReason.NumericDivergence, Message: "m"),
        ];
        using var folder = new TemporaryFolder();
        using (EventLog log = EventLog.Create(folder["events.jsonl"]))
        {
            foreach (RunEvent one in events) log.Write(one);
        }

        IReadOnlyList<RunEvent> read = EventLog.Read(folder["events.jsonl"]);
        Assert.Equal(events.Select(one => one.GetType()), read.Select(one => one.GetType()));
        Assert.Equal(events.Select(one => Encoding.UTF8.GetString(EventFormat.ToLine(one))), read.Select(one => Encoding.UTF8.GetString(EventFormat.ToLine(one))));
        Type[] kinds = [.. typeof(RunEvent).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(RunEvent)) && type != typeof(UnknownEvent))];
        Assert.Equal(kinds.ToHashSet(), events.Select(one => one.GetType()).ToHashSet());
    }

    [Fact]
    public void A_line_is_as_long_as_it_may_be_and_no_longer()
    {
        using var folder = new TemporaryFolder();
        var line = EventFormat.ToLine(new Notice(NoticeLevel.Warning, "A warning.")).ToArray();
        var path = folder.Write("events.jsonl", line);
        var before = EventTail.EndOf(path);

        // Torn at first: the last whole event before it is found again.
        using (var file = File.OpenWrite(path)) file.SetLength(line.Length + (100L << 20));
        Assert.Equal(before, EventTail.EndOf(path));
        using (var file = new FileStream(path, FileMode.Append)) file.Write([(byte)'\n', .. line]);
        var tail = new EventTail(path, before);
        List<PlacedEvent> read = [];
        for (bool all = false; !all;)
        {
            var part = tail.Read();
            read.AddRange(part.Events);
            all = part.IsAll;
        }

        Assert.IsType<Notice>(Assert.Single(read).Event);
        using (var file = File.OpenWrite(path)) file.SetLength(file.Length + (129L << 20));
        Assert.Contains("a line of more than 128 MiB", Assert.Throws<UserError>(() => tail.Read()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Events_of_newer_versions_are_kept_whole()
    {
        const string newer = "{\"v\":2,\"time\":\"2026-01-31T12:00:00+00:00\",\"event\":\"step_logged\",\"stride\":{\"x\":[1,2]}}";
        const string other = "{\"v\":1,\"time\":\"2026-01-31T12:00:00+00:00\",\"event\":\"weather\",\"rain\":true}";
        foreach (string line in new[] { newer, other })
        {
            var unknown = Assert.IsType<UnknownEvent>(EventFormat.FromLine(Encoding.UTF8.GetBytes(line)));
            Assert.Equal(line + "\n", Encoding.UTF8.GetString(EventFormat.ToLine(unknown)));
        }
    }

    [Fact]
    public void A_log_torn_anywhere_reads_and_goes_on() => Gen.Int[0, 100_000].Sample(where =>
    {
        using var folder = new TemporaryFolder();
        string path = folder["events.jsonl"];
        using (EventLog log = EventLog.Create(path))
        {
            for (int i = 1; i <= 20; i++) log.Write(Step(i));
        }

        byte[] whole = File.ReadAllBytes(path);
        int length = where % (whole.Length + 1);
        File.WriteAllBytes(path, whole[..length]);
        int complete = whole.AsSpan(0, length).Count((byte)'\n');
        Assert.Equal(complete, EventLog.Read(path).Count);
        using (EventLog log = EventLog.Append(path)) log.Write(Step(99));
        Assert.Equal([.. Enumerable.Range(1, complete).Select(step => (long)step), 99L], EventLog.Read(path).Cast<StepLogged>().Select(step => step.Step));
    }, iter: 100, threads: 1);

    [Fact]
    public void A_resumed_log_has_no_doubles_and_remembers_each_interruption()
    {
        using var folder = new TemporaryFolder();
        string path = folder["events.jsonl"];
        var saved = new CheckpointSaved(2, "checkpoints/step-000002", CheckpointKind.Regular);
        long position;
        using (EventLog log = EventLog.Create(path))
        {
            log.Write(Step(1));
            log.Write(Step(2));
            position = log.Position;
            log.Write(saved);
            log.Write(Step(3));
            log.Write(Step(4));
        }

        using (EventLog log = EventLog.Resume(path, position, saved)) log.Write(Step(3));
        using (EventLog log = EventLog.Resume(path, position, saved)) log.Write(Step(3));
        IReadOnlyList<RunEvent> events = EventLog.Read(path);
        Assert.Equal([1L, 2L, 3L], events.OfType<StepLogged>().Select(step => step.Step));
        Assert.Single(events.OfType<CheckpointSaved>());
        Assert.Equal([(4L, 2), (3L, 1)], events.OfType<RunResumed>().Select(resumed => (resumed.InterruptedStep!.Value, resumed.CutEvents)));
    }

    [Fact]
    public void A_checkpoint_whose_event_was_lost_gets_it_back()
    {
        using var folder = new TemporaryFolder();
        string path = folder["events.jsonl"];
        long position;
        using (EventLog log = EventLog.Create(path))
        {
            log.Write(Step(1));
            position = log.Position;
        }

        var saved = new CheckpointSaved(1, "checkpoints/step-000001", CheckpointKind.Regular);
        EventLog.Resume(path, position, saved).Dispose();
        Assert.Equal(["step_logged", "checkpoint_saved", "run_resumed"], EventLog.Read(path).Select(one => one.Event));
    }

    [Fact]
    public void The_fan_out_hands_an_event_to_each_in_order()
    {
        List<string> seen = [];
        new EventFanOut(new Ear("a", seen), new Ear("b", seen)).Write(Step(1));
        Assert.Equal(["a", "b"], seen);
    }

    private sealed class Ear(string name, List<string> seen) : IEventSink
    {
        public void Write(RunEvent happened) => seen.Add(name);
    }
}
