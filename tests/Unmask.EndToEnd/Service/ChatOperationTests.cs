using Unmask.Core.Protocol;
using Unmask.Primitives;
using Xunit;

namespace Unmask.EndToEnd.Service;

/// <summary>Writing with a loaded model, asked of a real process of the engine.</summary>
public sealed class ChatOperationTests
{
    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_step_of_the_denoising_arrives_and_the_last_canvas_is_the_answer()
    {
        using var place = new Workplace();
        await TinyModel.Make(place.In("tiny"), place);
        await using var engine = Engines.Start(place.Folder);

        var none = await Assert.ThrowsAsync<UserError>(() => engine.AskAsync(new GenerateRequest { Gaps = "a___b" }, _ => { }, cancellation: Patience));
        Assert.Contains("No model is loaded", none.Message);

        var loaded = await engine.AskAsync(new LoadRequest("tiny"), cancellation: Patience);
        Assert.Equal(("BertForMaskedLM", "cpu", 4 * loaded.Parameters), (loaded.Architecture, loaded.Device, loaded.WeightBytes));
        Assert.True(loaded.ProcessBytes > 0 && loaded.Defaults.Steps > 0 && loaded.Defaults.Remasking is not null);

        List<GenerationFrame> frames = [];
        var asked = new GenerateRequest { Turns = [new ChatTurn("user", "abc")], Sampler = new SamplerChoices { MaxNewTokens = 6, Steps = 3, Seed = 4 } };
        var answer = await engine.AskAsync(asked, frames.Add, cancellation: Patience);

        Assert.Equal((0, 3, 6), (frames[0].Step, frames[0].Total, frames[0].MasksLeft));
        Assert.All(frames[0].Texts, Assert.Null);
        Assert.Equal((3, 0), (frames[^1].Step, frames[^1].MasksLeft));
        Assert.All(frames[^1].Texts, Assert.NotNull);
        Assert.Equal(Enumerable.Range(0, 6), frames.SelectMany(frame => frame.Written).Select(token => token.At).Order());
        Assert.Equal((6, 3, 4L), (answer.NewTokens, answer.Steps, answer.Seed));
        Assert.Equal(frames[^1].Texts, answer.Tokens.Select(token => token.Text));
        Assert.All(answer.Tokens, token => Assert.True(token is { Step: >= 1 and <= 3, Probability: > 0 }));

        var further = await engine.AskAsync(new GenerateRequest { Prompt = "abc", Sampler = new SamplerChoices { MaxNewTokens = 4, SuppressTokens = [answer.Tokens[0].Id] } }, frames.Add, cancellation: Patience);
        Assert.Equal((3, 4), (further.PromptTokens, further.Tokens.Count));
        Assert.DoesNotContain(further.Tokens, token => token.Id == answer.Tokens[0].Id);
        var both = await Assert.ThrowsAsync<UserError>(() => engine.AskAsync(asked with { Prompt = "abc" }, _ => { }, cancellation: Patience));
        Assert.Contains("Give one of", both.Message);

        var gaps = await engine.AskAsync(new GenerateRequest { Gaps = "a___b" }, frames.Add, cancellation: Patience);
        Assert.StartsWith("a", gaps.Text, StringComparison.Ordinal);
        Assert.EndsWith("b", gaps.Text, StringComparison.Ordinal);
        Assert.Equal(3, gaps.NewTokens);

        await engine.AskAsync(new UnloadRequest(), cancellation: Patience);
        await Assert.ThrowsAsync<UserError>(() => engine.AskAsync(asked, _ => { }, cancellation: Patience));
    }

    [Fact]
    public async Task Cancelling_ends_the_denoising_in_the_engine()
    {
        using var place = new Workplace();
        await TinyModel.Make(place.In("tiny"), place);
        await using var engine = Engines.Start(place.Folder);
        await engine.AskAsync(new LoadRequest("tiny"), cancellation: Patience);

        using var stop = new CancellationTokenSource();
        var last = 0;
        var work = engine.AskAsync(new GenerateRequest { Turns = [new ChatTurn("user", "abc")], Sampler = new SamplerChoices { MaxNewTokens = 400, Steps = 400 } }, frame =>
        {
            last = frame.Step;
            stop.Cancel();
        }, cancellation: stop.Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work);
        // The next request is behind it on the same thread, so an answer in time means that the work has ended.
        await engine.AskAsync(new UnloadRequest(), cancellation: Patience).WaitAsync(TimeSpan.FromSeconds(10), Patience);
        Assert.True(last < 400);
    }
}
