using Unmask.Core.Parameters;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Engine.Training.Preparation;
using Unmask.Tests.Models;
using Unmask.Text.ChatTemplates;
using Xunit;

namespace Unmask.Tests.Training;

/// <summary>Which chat template a run trains with.</summary>
public sealed class TrainingTemplateTests
{
    private const string Headers = "{% for m in messages %}<|start_header_id|>{{ m.role }}<|end_header_id|>{{ m.content }}{% endfor %}";
    private const string Own = "{% for m in messages %}{{ m.content }}!{% endfor %}";

    [Theory]
    [InlineData("llada", Headers, null, "llada")]
    [InlineData("llada", Headers, "tokenizer", Headers)]
    [InlineData("llada", Own, null, Own)]
    [InlineData("dream", Headers, null, Headers)]
    [InlineData("dream", Own, "dream", "dream")]
    [InlineData("dream", null, null, "dream")]
    [InlineData("llada", null, null, "llada")]
    public void The_family_replaces_what_it_knows(string family, string? own, string? setting, string expected)
    {
        using var folder = new TemporaryFolder();
        var data = folder.File("data.jsonl");
        File.WriteAllLines(data, Enumerable.Repeat("""{"prompt":"mimosa","response":"M IH M OW S AH"}""", 3));
        var tokenizer = TrainingVocabulary.Learn(new TrainParameters { Dataset = data, VocabSize = 300, Vocabulary = VocabularyKind.Character });
        var config = SmallConfigs.Of(family, VocabularyFacts.Of(tokenizer), tied: false, width: 16, intermediate: 24, layers: 1, heads: 2);
        var model = folder.File("model");
        using (var fresh = NewModel.Initialize(config, 1)) ModelFolder.Save(model, fresh, config, own is null ? tokenizer.Save : tokenizer.WithChatTemplate(own).Save);

        var recipe = new TrainParameters { Dataset = data, Model = model, ChatTemplate = setting };
        var kept = folder.File("tokenizer");
        var source = BuiltInTemplates.Find(expected)?.Source ?? expected;
        Assert.Equal(source, TrainingSubject.Prepare(recipe, kept).Template.Source);
        // A resumed run reads the tokenizer that the run kept.
        Assert.Equal(source, TrainingSubject.Prepare(recipe, kept).Template.Source);
    }
}
