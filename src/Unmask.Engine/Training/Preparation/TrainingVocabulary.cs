using Unmask.Core.Parameters;
using Unmask.Text.ChatTemplates;
using Unmask.Text.ChatTemplates.Jinja;
using Unmask.Text.Learning;
using Unmask.Text.Tokenizers;

namespace Unmask.Engine.Training.Preparation;

/// <summary>Learns the vocabulary of a fresh model from the rows it will be trained on.</summary>
public static class TrainingVocabulary
{
    /// <summary>A tokenizer of the kind and size that the settings name.</summary>
    /// <exception cref="UserError">The dataset is missing or has no usable row, or the vocabulary is too small.</exception>
    public static Tokenizer Learn(TrainParameters parameters, CancellationToken stop = default)
    {
        var texts = TrainingRows.Texts(parameters, stop).Concat(TemplateTexts(parameters));
        var learner = new VocabularyLearner { VocabularySize = parameters.VocabSize };
        return parameters.Vocabulary switch
        {
            VocabularyKind.Character => learner.LearnCharacters(texts),
            VocabularyKind.Word => learner.LearnWords(texts),
            _ => learner.LearnByteLevelBpe(texts),
        };
    }

    /// <summary>What the chosen chat template writes round messages, so that its tags have tokens; often enough that a word of them is not rare.</summary>
    private static IEnumerable<string> TemplateTexts(TrainParameters parameters)
    {
        if (parameters.ChatTemplate is not { } choice) return [];
        // Special tokens are in every vocabulary and messages were read already: both are taken out again.
        const string mark = "\uE000";
        var template = ChatTemplate.Choose(choice, tokenizerTemplate: null);
        var variables = new[] { "bos_token", "eos_token", "sep_token", "pad_token", "cls_token", "mask_token", "unk_token" }.ToDictionary(name => name, _ => (TemplateValue)mark);
        Message[] conversation = [new(Message.System, mark), new(Message.User, mark), new(Message.Assistant, mark)];
        string text;
        try
        {
            text = template.Render(conversation, addGenerationPrompt: false, variables);
        }
        catch (UserError)
        {
            // Some templates refuse a system message.
            text = template.Render(conversation[1..], addGenerationPrompt: false, variables);
        }

        return Enumerable.Repeat(text.Replace(mark, "", StringComparison.Ordinal), new VocabularyLearner().MinimumCount);
    }
}
