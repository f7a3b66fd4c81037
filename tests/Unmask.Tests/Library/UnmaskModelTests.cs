using Xunit;

namespace Unmask.Tests.Library;

public sealed class UnmaskModelTests : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();
    private UnmaskModel model = null!;

    public async ValueTask InitializeAsync() => model = await UnmaskModel.OpenAsync(TinyLibraryModel.Make(folder["model"]), new ModelOptions { Device = "cpu" });

    public ValueTask DisposeAsync()
    {
        model.Dispose();
        folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Frames_go_from_masks_to_the_result()
    {
        var frames = new List<DenoisingFrame>();
        await foreach (var frame in model.StreamAsync("the cat", new GenerationOptions { MaxNewTokens = 6, DenoisingSteps = 3 })) frames.Add(frame);

        Assert.Equal([0, 1, 2, 3], frames.Select(frame => frame.Step));
        Assert.Equal([6, 4, 2, 0], frames.Select(frame => frame.MasksLeft));
        Assert.Equal(Enumerable.Range(0, 6), frames.SelectMany(frame => frame.Committed).Select(token => token.Position).Order());
        Assert.All(frames[..^1], frame => Assert.Null(frame.Result));
        var result = await model.GenerateAsync("the cat", new GenerationOptions { MaxNewTokens = 6, DenoisingSteps = 3 });
        Assert.Equal(frames[^1].Result! with { Duration = default }, result with { Duration = default });
    }

    [Fact]
    public async Task Gaps_are_filled_and_the_rest_stays()
    {
        var result = await model.InfillAsync("the [MASK:2] sat");

        Assert.StartsWith("the", result.Text, StringComparison.Ordinal);
        Assert.EndsWith("sat", result.Text, StringComparison.Ordinal);
        Assert.Equal((2, 2), (result.PromptTokens, result.OutputTokens));
    }

    [Fact]
    public async Task Who_stops_reading_stops_the_work()
    {
        await foreach (var frame in model.StreamAsync("the", new GenerationOptions { MaxNewTokens = 16 }))
        {
            if (frame.Step == 1) break;
        }

        Assert.True((await model.GenerateAsync("the", new GenerationOptions { MaxNewTokens = 2 })).Steps > 0);
    }

    [Fact]
    public async Task Cancellation_ends_between_two_steps()
    {
        using var stop = new CancellationTokenSource();
        var seen = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in model.StreamAsync("the", new GenerationOptions { MaxNewTokens = 24, DenoisingSteps = 24 }, stop.Token))
            {
                if (++seen == 1) await stop.CancelAsync();
            }

            // A machine that was faster than the cancellation made all steps.
            Assert.SkipWhen(seen == 25, "all steps were made before the cancellation");
        });
    }

    [Fact]
    public async Task Wrong_input_is_told_in_sentences()
    {
        var absent = await Assert.ThrowsAsync<UnmaskException>(() => UnmaskModel.OpenAsync(folder["absent/model/folder"]));
        var device = await Assert.ThrowsAsync<UnmaskException>(() => UnmaskModel.OpenAsync(folder["model"], new ModelOptions { Device = "tpu" }));
        var noGap = await Assert.ThrowsAsync<UnmaskException>(() => model.InfillAsync("no gap"));
        var options = await Assert.ThrowsAsync<UnmaskException>(() => model.GenerateAsync("the", new GenerationOptions { DenoisingSteps = 0, TopP = 2 }));

        Assert.Contains("absent", absent.Message, StringComparison.Ordinal);
        Assert.Contains("The device is tpu", Assert.Single(device.Problems), StringComparison.Ordinal);
        Assert.Contains("[MASK]", Assert.Single(noGap.Problems), StringComparison.Ordinal);
        Assert.Equal(2, options.Problems.Count);
    }

    [Fact]
    public async Task A_model_that_was_disposed_says_so()
    {
        model.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => model.GenerateAsync("the"));
    }
}
