using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.AI;
using Unmask.Text.ChatTemplates;

namespace Unmask;

/// <summary>
/// A model as a chat client. Streaming returns an update for every denoising step: its <see cref="ChatResponseUpdate.RawRepresentation"/> is the <see cref="DenoisingFrame"/>, and it has text as
/// soon as text stands that changes no more. Tools and response formats are ignored.
/// </summary>
/// <example>
/// <code>
/// using var model = await UnmaskModel.OpenAsync("GSAI-ML/LLaDA-8B-Instruct");
/// using IChatClient chat = new UnmaskChatClient(model);
/// await foreach (var update in chat.GetStreamingResponseAsync("Why is the sky blue?")) Console.Write(update.Text);
/// </code>
/// </example>
public sealed class UnmaskChatClient : IChatClient
{
    private readonly UnmaskModel model;
    private readonly ChatClientMetadata metadata;

    /// <summary>A client of a model, which the caller keeps open and disposes.</summary>
    public UnmaskChatClient(UnmaskModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        this.model = model;
        metadata = new ChatClientMetadata("unmask", providerUri: null, model.Id);
    }

    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        GenerationResult? result = null;
        await foreach (var frame in Stream(messages, options, cancellationToken).ConfigureAwait(false)) result = frame.Result;
        return new ChatResponse(new ChatMessage(ChatRole.Assistant, result!.Text))
        {
            ResponseId = Guid.NewGuid().ToString("N"),
            ModelId = model.Id,
            CreatedAt = DateTimeOffset.UtcNow,
            FinishReason = Reason(result),
            Usage = Usage(result),
            RawRepresentation = result,
        };
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var (id, created) = (Guid.NewGuid().ToString("N"), DateTimeOffset.UtcNow);
        var sent = new StringBuilder();
        await foreach (var frame in Stream(messages, options, cancellationToken).ConfigureAwait(false))
        {
            var update = new ChatResponseUpdate { Role = ChatRole.Assistant, ResponseId = id, MessageId = id, ModelId = model.Id, CreatedAt = created, RawRepresentation = frame };
            var ready = frame.Result?.Text ?? Settled(frame.ReadyText, options?.StopSequences ?? []);
            if (ready.Length > sent.Length && ready.StartsWith(sent.ToString(), StringComparison.Ordinal))
            {
                update.Contents.Add(new TextContent(ready[sent.Length..]));
                sent.Clear().Append(ready);
            }

            if (frame.Result is { } result)
            {
                update.FinishReason = Reason(result);
                update.Contents.Add(new UsageContent(Usage(result)));
            }

            yield return update;
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null) return null;
        return serviceType == typeof(ChatClientMetadata) ? metadata : serviceType.IsInstanceOfType(this) ? this : serviceType.IsInstanceOfType(model) ? model : null;
    }

    /// <summary>Nothing is freed: the model belongs to whoever opened it.</summary>
    public void Dispose()
    {
    }

    private IAsyncEnumerable<DenoisingFrame> Stream(IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return UnmaskException.Guard(() => model.StreamChat(Turns(messages, options?.Instructions), ChatProperties.Read(options), cancellationToken));
    }

    private static List<Message> Turns(IEnumerable<ChatMessage> messages, string? instructions)
    {
        List<Message> turns = string.IsNullOrEmpty(instructions) ? [] : [new Message(Message.System, instructions)];
        foreach (var message in messages)
        {
            var role = message.Role == ChatRole.User ? Message.User : message.Role == ChatRole.Assistant ? Message.Assistant : message.Role == ChatRole.System ? Message.System
                : throw new UserError($"A message has the role {message.Role.Value}; it must be one of system, user, assistant.");
            if (message.Contents.FirstOrDefault(content => content is DataContent or UriContent) is { } other)
                throw new UserError($"A message holds {other.GetType().Name}; these models read text only. Remove it from the conversation.");
            turns.Add(new Message(role, message.Text));
        }

        return turns.Exists(turn => turn.Role == Message.User) ? turns : throw new UserError("The conversation has no message of the user; give one to answer.");
    }

    /// <summary>What can be sent of a text that grows: without the end that may still join with what follows, or become a stop sequence.</summary>
    private static string Settled(string text, IList<string> stopSequences)
    {
        const int LongestTail = 8;
        var end = Math.Max(text.LastIndexOf(' '), text.Length - LongestTail);
        var settled = end <= 0 ? "" : text[..end].TrimEnd();
        var held = stopSequences.SelectMany(stop => Enumerable.Range(1, Math.Max(0, Math.Min(stop.Length, text.Length))).Where(length => text.EndsWith(stop[..length], StringComparison.Ordinal)))
            .DefaultIfEmpty(0).Max();
        return settled.Length <= text.Length - held ? settled : text[..(text.Length - held)].TrimEnd();
    }

    private static ChatFinishReason Reason(GenerationResult result) => result.IsTruncated ? ChatFinishReason.Length : ChatFinishReason.Stop;

    private static UsageDetails Usage(GenerationResult result) =>
        new() { InputTokenCount = result.PromptTokens, OutputTokenCount = result.OutputTokens, TotalTokenCount = result.PromptTokens + result.OutputTokens };
}
