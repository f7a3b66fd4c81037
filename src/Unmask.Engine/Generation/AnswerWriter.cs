using Unmask.Engine.Generation.Decoding;

namespace Unmask.Engine.Generation;

/// <summary>From prompts as token ids to answers as text.</summary>
/// <param name="sampler">Writes.</param>
/// <param name="text">Reads what was written.</param>
/// <param name="options">How to denoise.</param>
public sealed class AnswerWriter(MdlmSampler sampler, AnswerText text, SamplerOptions options)
{
    /// <summary>One answer for each prompt.</summary>
    /// <param name="prompts">Token ids.</param>
    /// <param name="progress">Called with the number of prompts done.</param>
    /// <param name="stop">Ends the work between two steps.</param>
    public string[] Write(IReadOnlyList<int[]> prompts, Action<int>? progress = null, CancellationToken stop = default)
    {
        var rows = sampler.SampleAll(prompts, options, progress: progress, cancellation: stop);
        return Answers(rows, prompts);
    }

    /// <summary>As <see cref="Write"/> for a few prompts, with the text of each after every step; masks show as the mask token.</summary>
    public (string[] Answers, IReadOnlyList<string>[] Frames) WriteWithFrames(IReadOnlyList<int[]> prompts)
    {
        var frames = prompts.Select(_ => new List<string>()).ToArray();
        var rows = sampler.Sample(prompts, options, step =>
        {
            for (var i = 0; i < prompts.Count; i++)
            {
                var frame = text.Unfinished(step.Rows[i], prompts[i].Length);
                if (frames[i].Count == 0 || frames[i][^1] != frame) frames[i].Add(frame);
            }
        });
        return (Answers(rows, prompts), [.. frames]);
    }

    private string[] Answers(int[][] rows, IReadOnlyList<int[]> prompts) => [.. rows.Select((row, i) => text.Of(row, prompts[i].Length))];
}
