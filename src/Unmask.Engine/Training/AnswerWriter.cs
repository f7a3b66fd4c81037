using Unmask.Engine.Models;
using Unmask.Engine.Sampling;
using Unmask.Engine.Text;

namespace Unmask.Engine.Training;

/// <summary>From prompts as token ids to answers as text.</summary>
/// <param name="model">The model.</param>
/// <param name="tokenizer">Its tokenizer.</param>
/// <param name="tokens">Its special tokens.</param>
/// <param name="endOfTurn">Text that ends an answer beside the end-of-text token; null for none.</param>
/// <param name="options">How to denoise.</param>
public sealed class AnswerWriter(MaskedLanguageModel model, Tokenizer tokenizer, SamplerTokens tokens, string? endOfTurn, SamplerOptions options)
{
    private readonly MdlmSampler sampler = new(model, tokens);
    private readonly int[] ends = endOfTurn is not null && tokenizer.IdOf(endOfTurn) is { } end && end != tokens.End ? [tokens.End, end] : [tokens.End];

    /// <summary>One answer for each prompt.</summary>
    /// <param name="prompts">Token ids.</param>
    /// <param name="progress">Called with the number of prompts done.</param>
    /// <param name="stop">Ends the work between two steps.</param>
    public string[] Write(IReadOnlyList<int[]> prompts, Action<int>? progress = null, CancellationToken stop = default)
    {
        var rows = sampler.SampleAll(prompts, options, progress: progress, cancellation: stop);
        return [.. rows.Select((row, i) => Answer(row, prompts[i].Length))];
    }

    /// <summary>As <see cref="Write"/> for a few prompts, with the text of each after every step; masks show as the mask token.</summary>
    public (string[] Answers, IReadOnlyList<string>[] Frames) WriteWithFrames(IReadOnlyList<int[]> prompts)
    {
        var frames = prompts.Select(_ => new List<string>()).ToArray();
        var rows = sampler.Sample(prompts, options, step =>
        {
            for (var i = 0; i < prompts.Count; i++)
            {
                var text = tokenizer.Decode(OutputTrim.Answer(step.Rows[i], prompts[i].Length, ends), skipSpecialTokens: false);
                if (frames[i].Count == 0 || frames[i][^1] != text) frames[i].Add(text);
            }
        });
        return ([.. rows.Select((row, i) => Answer(row, prompts[i].Length))], [.. frames]);
    }

    private string Answer(int[] row, int promptLength) =>
        OutputTrim.Text(tokenizer.Decode(OutputTrim.Answer(row, promptLength, ends), skipSpecialTokens: true), endOfTurn ?? "").Trim();
}
