using System.Diagnostics;
using Unmask.Engine.Generation;
using Unmask.Engine.Generation.Decoding;
using Unmask.Text.ChatTemplates;
using Unmask.Text.Tokenizers;

namespace Unmask;

/// <summary>One text on its way from masks to tokens.</summary>
internal sealed class DenoisingSession
{
    private readonly TextDiffusionPipeline pipeline;
    private readonly int[] input;
    private readonly SamplerOptions options;
    private readonly IReadOnlyList<string> stopSequences;

    /// <summary>Reads answers; null where gaps are filled.</summary>
    private readonly AnswerText? answers;
    private readonly string? endOfTurn;

    private DenoisingSession(TextDiffusionPipeline pipeline, int[] input, SamplerOptions options, GenerationOptions asked, ConversationTokens? chat, bool fillsGaps)
    {
        (this.pipeline, this.input, this.options, endOfTurn) = (pipeline, input, options, chat?.EndOfTurn);
        stopSequences = [.. asked.StopSequences.Where(text => text.Length > 0)];
        answers = fillsGaps ? null : pipeline.Answers(chat);
    }

    private int FirstShown => answers is null ? 0 : input.Length;

    public static DenoisingSession OfPrompt(TextDiffusionPipeline pipeline, string prompt, GenerationOptions asked)
    {
        var chat = asked.RawPrompt ? null : pipeline.Conversations(asked.ChatTemplate);
        var ids = chat?.Encode([new Message(Message.User, prompt)], addGenerationPrompt: true) ?? pipeline.Tokenizer.Encode(prompt, addSpecialTokens: false, parseSpecialTokens: false).Ids;
        return new DenoisingSession(pipeline, ids, pipeline.Options(asked.Choices, ids.Length), asked, chat, fillsGaps: false);
    }

    public static DenoisingSession OfChat(TextDiffusionPipeline pipeline, IReadOnlyList<Message> messages, GenerationOptions asked)
    {
        var chat = pipeline.ConversationsOrFamily(asked.ChatTemplate);
        var ids = chat.Encode(messages, addGenerationPrompt: true);
        return new DenoisingSession(pipeline, ids, pipeline.Options(asked.Choices, ids.Length), asked, chat, fillsGaps: false);
    }

    public static DenoisingSession OfGaps(TextDiffusionPipeline pipeline, string text, GenerationOptions asked)
    {
        var ids = InfillText.Parse(text, pipeline.Tokenizer, pipeline.Tokens.Mask);
        return new DenoisingSession(pipeline, ids, pipeline.OptionsForInfill(asked.Choices, ids.Count(id => id == pipeline.Tokens.Mask)), asked, chat: null, fillsGaps: true);
    }

    /// <summary>Denoises the text and reports every step; the last one with the result.</summary>
    public GenerationResult Run(Action<DenoisingFrame> report, CancellationToken stop)
    {
        var watch = Stopwatch.StartNew();
        DenoisingFrame? last = null;
        void Observe(SamplerStep step)
        {
            // The last frame is known as such only when no other follows.
            if (last is not null) report(last);
            last = Frame(step);
        }

        var row = (answers is null ? pipeline.Sampler.Infill([input], options, Observe, stop) : pipeline.Sampler.Sample([input], options, Observe, stop))[0];
        var result = answers is null ? Filled(row, last!.TotalSteps, watch.Elapsed) : Answered(row, last!.TotalSteps, watch.Elapsed);
        report(last with { Result = result });
        return result;
    }

    private DenoisingFrame Frame(SamplerStep step)
    {
        var shown = step.Rows[0].AsSpan(FirstShown);
        var firstMask = shown.IndexOf(pipeline.Tokens.Mask);
        var ready = Tokens(firstMask < 0 ? shown : shown[..firstMask]);
        var committed = step.Committed.Where(token => token.Position >= FirstShown).ToList();
        var pieces = TokenPieces.Of(pipeline.Tokenizer, [.. committed.Select(token => token.Token)]);
        return new DenoisingFrame(
            step.Number, step.Total, step.MasksLeft, pipeline.Tokenizer.Decode(Tokens(shown), skipSpecialTokens: false), Cut(pipeline.Tokenizer.Decode(ready, skipSpecialTokens: true)).TrimStart(),
            [.. committed.Select((token, i) => new DenoisedToken(token.Position - FirstShown, token.Token, pieces[i], token.Probability))]);
    }

    private GenerationResult Answered(int[] row, int steps, TimeSpan duration)
    {
        var whole = pipeline.Tokenizer.Decode(Tokens(row.AsSpan(FirstShown)), skipSpecialTokens: true);
        var text = Cut(whole);
        var tokens = Tokens(row.AsSpan(FirstShown)).Length;
        return new GenerationResult(text.Trim(), input.Length, tokens, steps, duration, tokens == row.Length - FirstShown && text.Length == whole.Length);
    }

    private GenerationResult Filled(int[] row, int steps, TimeSpan duration)
    {
        var masks = input.Count(id => id == pipeline.Tokens.Mask);
        return new GenerationResult(pipeline.Tokenizer.Decode(row, skipSpecialTokens: true), input.Length - masks, masks, steps, duration, IsTruncated: false);
    }

    private int[] Tokens(ReadOnlySpan<int> shown) => answers is null ? shown.ToArray() : OutputTrim.Answer(shown, 0, answers.EndTokens);

    /// <summary>Up to the end of a turn or the first stop sequence.</summary>
    private string Cut(string text) => answers is null ? text : OutputTrim.Text(text, [endOfTurn ?? "", .. stopSequences]);
}
