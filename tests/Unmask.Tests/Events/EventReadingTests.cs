using System.Text;
using Unmask.Core.Events;
using Unmask.Core.Runs;
using Unmask.Core.Runs.Indexing;
using Xunit;

namespace Unmask.Tests.Events;

/// <summary>Events of other versions and of other programs: members that are left out, null, or of another type.</summary>
public sealed class EventReadingTests
{
    [Theory]
    [InlineData("""{"event":"run_started","run_id":"a","name":"b"}""")]
    [InlineData("""{"event":"run_started","run_id":null,"name":null,"config":null,"versions":null,"machine":null}""")]
    [InlineData("""{"event":"run_started","machine":{"device":null}}""")]
    [InlineData("""{"event":"step_logged","step":1,"epoch":0,"loss":1,"loss_by_noise_level":[null]}""")]
    [InlineData("""{"event":"step_logged","step":1,"epoch":0,"loss":1,"loss_by_noise_level":[{"from":0,"to":1,"tokens":3},null]}""")]
    [InlineData("""{"event":"evaluation_finished","step":1,"eval_loss":2,"loss_by_noise_level":[null,null]}""")]
    [InlineData("""{"event":"ranks_measured","step":1}""")]
    [InlineData("""{"event":"ranks_measured","step":1,"ranks":[null]}""")]
    [InlineData("""{"event":"samples_drawn","step":1}""")]
    [InlineData("""{"event":"samples_drawn","step":1,"samples":[null,{"prompt":null},{"frames":[null,"x"]}]}""")]
    [InlineData("""{"event":"weights_seen","step":1,"weights":[null,{"name":"w","low":0,"high":1,"sum":0,"sum_of_squares":0}]}""")]
    [InlineData("""{"event":"final_evaluation","step":1,"examples":[null],"accuracy":1e999,"other":null}""")]
    [InlineData("""{"event":"run_resumed","step":1,"cut_events":0}""")]
    [InlineData("""{"event":"checkpoint_saved","step":1,"saved":"regular"}""")]
    [InlineData("""{"event":"checkpoint_rejected"}""")]
    public void What_is_missing_is_empty(string line)
    {
        var happened = EventFormat.FromLine(Encoding.UTF8.GetBytes(line));
        Assert.NotNull(happened);
        _ = RunProgress.None.With(happened);
        Assert.All(MetricNames.Of(happened), metric => Assert.NotEmpty(metric.Key));
        if (happened is SamplesDrawn drawn) Assert.All(drawn.Samples, sample => Assert.NotNull(sample.Prompt + sample.Output));
        if (happened is FinalEvaluation final) Assert.All(final.Metrics, metric => Assert.NotEmpty(metric.Key));
        Assert.NotNull(EventFormat.FromLine(EventFormat.ToLine(happened)));
    }

    [Theory]
    [InlineData("""{"event":"run_finished","step":9}""")]
    [InlineData("""{"event":"run_finished","outcome":null,"step":9}""")]
    [InlineData("""{"event":"run_finished","outcome":"splendid","step":9}""")]
    [InlineData("""{"event":"step_logged","step":1,"epoch":0}""")]
    [InlineData("""{"event":"step_logged","step":"one","epoch":0,"loss":1}""")]
    [InlineData("""{"event":"step_logged","step":1,"epoch":0,"loss":1,"loss_by_noise_level":3}""")]
    [InlineData("""{"event":"phase_changed"}""")]
    [InlineData("""{"event":"notice","level":"info"}""")]
    [InlineData("""{"event":"notice","level":"info","message":"\ud800"}""")]
    [InlineData("""{"event":"notice","level":"info","message":"x","time":"yesterday"}""")]
    [InlineData("""{"event":["notice"]}""")]
    [InlineData("""[{"event":"notice"}]""")]
    [InlineData("\u0000\u0000\u0000")]
    public void What_cannot_be_told_is_no_event(string line) => Assert.Null(EventFormat.FromLine(Encoding.UTF8.GetBytes(line)));
}
