using Unmask.Core.Parameters;
using Unmask.Engine.Data;
using Unmask.Engine.Data.Files.Discovery;
using Unmask.Engine.Data.Files.Readers;
using Unmask.Engine.Data.Preparation;
using Unmask.Engine.Generation;
using Unmask.Engine.Generation.Decoding;
using Unmask.Engine.Modeling;
using Unmask.Engine.Training.Preparation;
using Unmask.Text.ChatTemplates;

namespace Unmask.Engine.Training.Evaluation;

/// <summary>What a run lets its model write: previews while it trains, and the final measure.</summary>
public sealed class TrainingAnswers
{
    private const int OpeningTokens = 16;

    private readonly TrainParameters parameters;
    private readonly TrainingSubject subject;
    private readonly MaskedLanguageModel model;
    private readonly AnswerWriter writer;
    private readonly IReadOnlyList<PreviewPrompt> finalRows;

    /// <exception cref="UserError">The rows of the final evaluation cannot be read; found here, before training.</exception>
    public TrainingAnswers(TrainParameters parameters, TrainingSubject subject, MaskedLanguageModel model)
    {
        (this.parameters, this.subject, this.model) = (parameters, subject, model);
        var tokens = SamplerTokens.Of(subject.Tokenizer, model.VocabularySize);
        var options = new SamplerOptions
        {
            MaxNewTokens = parameters.SampleMaxNewTokens,
            Steps = parameters.SampleSteps,
            BlockSize = parameters.SampleBlockLength,
            Temperature = parameters.SampleTemperature,
            Remasking = parameters.SampleRemasking ?? subject.Architecture.Sampling.Remasking,
            RightShiftLogits = subject.Architecture.ShiftsLogits,
            Seed = parameters.Seed,
        };
        writer = new AnswerWriter(new MdlmSampler(model, tokens), new AnswerText(subject.Tokenizer, tokens, subject.Conversations.EndOfTurn), options);
        finalRows = parameters.FinalEvaluation == FinalEvaluationKind.None ? [] : [.. FinalRowsOf(parameters, subject)];
    }

    /// <summary>Rows of the final measure.</summary>
    public int FinalRows => finalRows.Count;

    /// <summary>The final measure; null where none is asked for.</summary>
    public FinalMeasure? FinalMeasure() => finalRows.Count == 0 ? null : new FinalMeasure(model, writer, parameters.FinalEvaluation, finalRows);

    /// <summary>The prompts shown at every evaluation: those of the settings, else the first evaluation rows; null for none.</summary>
    public SamplePreview? Preview(PreparedData data)
    {
        if (parameters.SampleCount == 0) return null;
        PreviewPrompt[] prompts = parameters.SamplePrompts.Count > 0
            ? [.. parameters.SamplePrompts.Take(parameters.SampleCount).Select(text => new PreviewPrompt(text, subject.Conversations.EncodePrompt([new Message(Message.User, text)])))]
            : [.. FirstRows(data.Eval ?? data.Train).Take(parameters.SampleCount)];
        var longest = subject.Config.ContextLength - parameters.SampleMaxNewTokens;
        prompts = [.. prompts.Where(prompt => prompt.Ids.Length <= longest)];
        return prompts.Length == 0 ? null : new SamplePreview(model, writer, prompts);
    }

    private IEnumerable<PreviewPrompt> FirstRows(ExampleStore rows)
    {
        for (var i = 0; i < rows.Count; i++)
        {
            var example = rows[i];
            // Rows without a prompt (plain text) are continued from their opening.
            var opening = example.PromptLength > 0 ? example.PromptLength : Math.Min(OpeningTokens, example.Ids.Length / 2);
            string Text(int[] ids) => subject.Tokenizer.Decode(ids, skipSpecialTokens: true).Trim();
            yield return new PreviewPrompt(Text(example.Ids[..opening]), example.Ids[..opening], Text(example.Ids[opening..]));
        }
    }

    private static IEnumerable<PreviewPrompt> FinalRowsOf(TrainParameters parameters, TrainingSubject subject)
    {
        var path = parameters.FinalEvaluationDataset
            ?? throw new UserError($"final_evaluation is {parameters.FinalEvaluation}, but final_evaluation_dataset is not set; name a file with prompts and right answers, or set final_evaluation to none.");
        var files = DatasetFiles.Find(path);
        var rows = new RowReader().Read(files.Splits.Values.First(), static bad => throw new UserError($"final_evaluation_dataset: {bad}"))
            .Take(parameters.FinalEvaluationRows ?? int.MaxValue).ToArray();
        if (rows.Length == 0) throw new UserError($"final_evaluation_dataset is {path}, which has no rows; name a file with prompts and right answers, or set final_evaluation to none.");
        var converter = Data.Rows.RowConverter.For(rows, TrainingRows.Columns(parameters));
        foreach (var row in rows)
        {
            var converted = converter.Convert(row);
            if (converted.LeftOut is not null) continue;
            if (converted.Messages is not { Count: > 1 } messages) throw new UserError($"{row.Place}: {converted.Problem ?? "the final evaluation needs a prompt and a right answer in every row."}");
            var prompt = messages.Take(messages.Count - 1).ToArray();
            yield return new PreviewPrompt(prompt[^1].Content, subject.Conversations.EncodePrompt(prompt, converted.Context), messages[^1].Content);
        }
    }
}
