using System.Text.Json;
using Microsoft.Extensions.AI;
using Xunit;

namespace Unmask.Tests.Library;

public sealed class UnmaskChatClientTests : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();
    private UnmaskModel model = null!;
    private IChatClient chat = null!;

    public async ValueTask InitializeAsync()
    {
        model = await UnmaskModel.OpenAsync(TinyLibraryModel.Make(folder["model"]), new ModelOptions { Device = "cpu" });
        chat = model.AsChatClient();
    }

    public ValueTask DisposeAsync()
    {
        model.Dispose();
        folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void Metadata_and_model_are_services_of_the_client()
    {
        var metadata = Assert.IsType<ChatClientMetadata>(chat.GetService(typeof(ChatClientMetadata)));

        Assert.Equal(("unmask", folder["model"]), (metadata.ProviderName, metadata.DefaultModelId));
        Assert.Same(model, chat.GetService<UnmaskModel>());
        Assert.Null(chat.GetService(typeof(ChatClientMetadata), "key"));
        Assert.Null(chat.GetService(typeof(string)));
    }

    [Fact]
    public async Task A_response_has_text_usage_and_a_finish_reason()
    {
        var response = await chat.GetResponseAsync([new ChatMessage(ChatRole.User, "the cat")], new ChatOptions { MaxOutputTokens = 5 });

        Assert.Equal(ChatRole.Assistant, Assert.Single(response.Messages).Role);
        // Q the cat A
        Assert.Equal(4, response.Usage!.InputTokenCount);
        Assert.InRange(response.Usage.OutputTokenCount!.Value, 0, 5);
        Assert.Equal(response.Usage.InputTokenCount + response.Usage.OutputTokenCount, response.Usage.TotalTokenCount);
        Assert.Equal(response.Usage.OutputTokenCount == 5 ? ChatFinishReason.Length : ChatFinishReason.Stop, response.FinishReason);
        Assert.Equal(folder["model"], response.ModelId);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("a")]
    [InlineData("t ")]
    public async Task A_stream_says_what_the_response_says(string? stopSequence)
    {
        var options = new ChatOptions
        {
            MaxOutputTokens = 20,
            Temperature = 0.9f,
            TopP = 0.9f,
            Seed = 4,
            StopSequences = stopSequence is null ? null : [stopSequence],
            AdditionalProperties = new() { [ChatProperties.DenoisingSteps] = 10, [ChatProperties.BlockLength] = 4, [ChatProperties.Remasking] = "random" },
        };
        var response = await chat.GetResponseAsync("the cat", options);
        var updates = new List<ChatResponseUpdate>();
        await foreach (var update in chat.GetStreamingResponseAsync("the cat", options)) updates.Add(update);

        Assert.Equal(response.Text, string.Concat(updates.Select(update => update.Text)));
        Assert.Equal(11, updates.Count);
        Assert.All(updates, update => Assert.IsType<DenoisingFrame>(update.RawRepresentation));
        var whole = updates.ToChatResponse();
        Assert.Equal((response.FinishReason, response.Usage!.TotalTokenCount), (whole.FinishReason, whole.Usage!.TotalTokenCount));
        if (stopSequence is not null) Assert.DoesNotContain(stopSequence, response.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Instructions_are_a_system_prompt_before_the_conversation()
    {
        var without = await chat.GetResponseAsync("the cat", new ChatOptions { MaxOutputTokens = 2 });
        var with = await chat.GetResponseAsync("the cat", new ChatOptions { MaxOutputTokens = 2, Instructions = "sat" });

        // The template of the test writes every other role as an answer: A sat [EOS].
        Assert.Equal(without.Usage!.InputTokenCount + 2, with.Usage!.InputTokenCount);
    }

    public static TheoryData<string, object, string> Wrong => new()
    {
        { ChatProperties.DenoisingSteps, "many", "whole number" },
        { ChatProperties.DenoisingSteps, 2.5, "whole number" },
        { ChatProperties.BlockLength, 0, "block" },
        { ChatProperties.Remasking, "best", "low_confidence" },
        { ChatProperties.CfgScale, "strong", "number of at least 0" },
        { ChatProperties.ChatTemplate, "no-such-template", "no-such-template" },
    };

    [Theory, MemberData(nameof(Wrong))]
    public async Task A_wrong_property_is_told(string name, object value, string part)
    {
        var error = await Assert.ThrowsAsync<UnmaskException>(() => chat.GetResponseAsync("the", new ChatOptions { MaxOutputTokens = 2, AdditionalProperties = new() { [name] = value } }));

        Assert.Contains(part, Assert.Single(error.Problems), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Properties_may_come_from_JSON() =>
        Assert.NotNull(await chat.GetResponseAsync("the", new ChatOptions { MaxOutputTokens = 2, AdditionalProperties = new() { [ChatProperties.DenoisingSteps] = JsonSerializer.SerializeToElement(1), [ChatProperties.CfgScale] = JsonSerializer.SerializeToElement<double?>(null) } }));

    [Fact]
    public async Task What_a_text_model_cannot_read_is_told()
    {
        var role = await Assert.ThrowsAsync<UnmaskException>(() => chat.GetResponseAsync([new ChatMessage(ChatRole.Tool, "4")]));
        var image = await Assert.ThrowsAsync<UnmaskException>(() => chat.GetResponseAsync([new ChatMessage(ChatRole.User, [new DataContent(new byte[1], "image/png")])]));
        var nobody = await Assert.ThrowsAsync<UnmaskException>(() => chat.GetResponseAsync([]));

        Assert.Contains("tool", role.Message, StringComparison.Ordinal);
        Assert.Contains("text", image.Message, StringComparison.Ordinal);
        Assert.Contains("user", nobody.Message, StringComparison.Ordinal);
    }
}
