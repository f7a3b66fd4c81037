using Unmask.Core.Events;
using Unmask.Engine.Generation;
using Unmask.Engine.Modeling;

namespace Unmask.Engine.Training.Evaluation;

/// <summary>A prompt whose denoising is shown while training.</summary>
/// <param name="Text">As a person reads it.</param>
/// <param name="Ids">What the model is given.</param>
/// <param name="Target">The right answer, where one is known.</param>
public sealed record PreviewPrompt(string Text, int[] Ids, string? Target = null);

/// <summary>Writes answers to the same few prompts again and again, with the same random numbers, so that progress can be seen.</summary>
public sealed class SamplePreview(MaskedLanguageModel model, AnswerWriter writer, IReadOnlyList<PreviewPrompt> prompts)
{
    /// <summary>Denoises every prompt.</summary>
    public SamplesDrawn Draw(long step)
    {
        model.Training = false;
        var (answers, frames) = writer.WriteWithFrames([.. prompts.Select(p => p.Ids)]);
        return new SamplesDrawn(step, [.. prompts.Select((p, i) => new DrawnSample(p.Text, answers[i], p.Target, frames[i]))]);
    }
}
