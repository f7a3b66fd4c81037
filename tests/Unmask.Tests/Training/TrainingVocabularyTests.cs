using Unmask.Core.Parameters;
using Unmask.Engine.Generation.Decoding;
using Unmask.Engine.Training.Preparation;
using Xunit;

namespace Unmask.Tests.Training;

public sealed class TrainingVocabularyTests
{
    [Theory]
    [InlineData(VocabularyKind.Character)]
    [InlineData(VocabularyKind.Word)]
    public void A_chosen_template_brings_its_tags_into_the_vocabulary(VocabularyKind kind)
    {
        using var folder = new TemporaryFolder();
        var recipe = Recipe(folder) with { Vocabulary = kind };
        const string turn = "[Question]\nmimosa\n[/Question]\n\n[Answer]\nM IH";
        var plain = TrainingVocabulary.Learn(recipe);
        var tagged = TrainingVocabulary.Learn(recipe with { ChatTemplate = "bert" });
        Assert.Contains(plain.Special.Unk!.Value, plain.Encode(turn, addSpecialTokens: false, parseSpecialTokens: false).Ids);
        Assert.DoesNotContain(tagged.Special.Unk!.Value, tagged.Encode(turn, addSpecialTokens: false, parseSpecialTokens: false).Ids);
        Assert.Equal(plain.VocabularySize, TrainingVocabulary.Learn(recipe with { ChatTemplate = "plain" }).VocabularySize);
    }

    [Fact]
    public void What_is_no_text_is_never_written()
    {
        using var folder = new TemporaryFolder();
        var tokenizer = TrainingVocabulary.Learn(Recipe(folder) with { Vocabulary = VocabularyKind.Character });
        var tokens = SamplerTokens.Of(tokenizer, tokenizer.VocabularySize + 2);
        Assert.Equal([tokenizer.Special.Mask!.Value, tokenizer.VocabularySize, tokenizer.VocabularySize + 1], tokens.NeverWritten);
        Assert.Contains("do not belong together", Assert.Throws<Unmask.Primitives.UserError>(() => SamplerTokens.Of(tokenizer, tokenizer.VocabularySize - 1)).Message);
    }

    private static TrainParameters Recipe(TemporaryFolder folder)
    {
        var data = folder.File("data.jsonl");
        File.WriteAllLines(data, Enumerable.Repeat("""{"prompt":"mimosa","response":"M IH M OW S AH"}""", 3));
        return new TrainParameters { Dataset = data, VocabSize = 300 };
    }
}
