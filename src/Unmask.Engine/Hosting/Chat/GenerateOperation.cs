using Unmask.Core.Protocol;
using Unmask.Engine.Generation;
using Unmask.Engine.Hosting.Calls;
using Unmask.Text.ChatTemplates;

namespace Unmask.Engine.Hosting.Chat;

/// <summary>Lets the loaded model write, with what is on the canvas after each step.</summary>
internal sealed class GenerateOperation(ChatModel chat) : Operation<GenerateRequest, Generated>(isHeavy: true)
{
    private static readonly string[] roles = [Message.System, Message.User, Message.Assistant];

    protected override Generated Run(GenerateRequest request, Call call) => (request.Turns, request.Prompt, request.Gaps) switch
    {
        ({ Count: > 0 } turns, null, null) => Answer(chat.Loaded, turns, request, call),
        (null, { } prompt, null) => GoOn(chat.Loaded, prompt, request.Sampler, call),
        (null, null, { } gaps) => Fill(chat.Loaded, gaps, request.Sampler, call),
        _ => throw new UserError("Give one of: turns (the last one from the user), a prompt to continue, or a text with masks to infill."),
    };

    private static Generated Answer(TextDiffusionPipeline model, IReadOnlyList<ChatTurn> turns, GenerateRequest request, Call call)
    {
        UserError.ThrowIfAny([.. turns.Where(turn => !roles.Contains(turn.Role)).Select(turn => $"A turn has the role {turn.Role}. It must be one of {string.Join(", ", roles)}.")]);
        var conversation = model.ConversationsOrFamily(request.Template);
        var prompt = conversation.Encode([.. turns.Select(turn => new Message(turn.Role, turn.Content))], addGenerationPrompt: true);
        return Continue(model, prompt, model.Answers(conversation), request.Sampler, call);
    }

    private static Generated GoOn(TextDiffusionPipeline model, string text, SamplerChoices choices, Call call) =>
        Continue(model, model.Tokenizer.Encode(text, addSpecialTokens: false, parseSpecialTokens: false).Ids, model.Answers(chat: null), choices, call);

    private static Generated Continue(TextDiffusionPipeline model, int[] prompt, AnswerText answers, SamplerChoices choices, Call call)
    {
        var options = model.Options(choices, prompt.Length);
        var canvas = new Canvas(model, prompt.Length, call);
        var row = model.Sampler.Sample([prompt], options, canvas.Take, call.Stop)[0];
        return canvas.Result(row, answers.Of(row, prompt.Length), prompt.Length, row.Length - prompt.Length, options.Seed);
    }

    private static Generated Fill(TextDiffusionPipeline model, string gaps, SamplerChoices choices, Call call)
    {
        var input = InfillText.Parse(gaps, model.Tokenizer, model.Tokens.Mask);
        var masks = input.Count(id => id == model.Tokens.Mask);
        var options = model.OptionsForInfill(choices, masks);
        var canvas = new Canvas(model, 0, call);
        var row = model.Sampler.Infill([input], options, canvas.Take, call.Stop)[0];
        return canvas.Result(row, model.Tokenizer.Decode(row, skipSpecialTokens: true), input.Length - masks, masks, options.Seed);
    }
}
