using CsCheck;
using Unmask.Text.Learning;
using Unmask.Text.Tokenizers;
using Xunit;

namespace Unmask.Tests.Text;

/// <summary>Learned vocabularies give texts back exactly, also after they were saved.</summary>
public class VocabularyLearnerTests
{
    private static readonly string[] _texts =
        ["mimosa", "M IH M OW S AH", "ahead", "AH HH EH D", "mood", "M UW D", "hats", "HH AE T S", "D AH M S OW IH", "IH EH AE T UW", "S  T\n M\t"];

    [Fact]
    public void Frequent_words_are_one_token_and_rare_ones_are_written_in_characters()
    {
        var tokenizer = new VocabularyLearner().LearnWords(_texts);
        Assert.Equal(["M", "IH", "M", "OW", "S", "AH"], tokenizer.Encode("M IH M OW S AH", addSpecialTokens: false).Tokens);
        Assert.Equal(6, tokenizer.Encode("mimosa", addSpecialTokens: false).Ids.Length);
        Assert.Equal("M IH M OW S AH", tokenizer.Decode(tokenizer.Encode("M IH M OW S AH").Ids, skipSpecialTokens: true));
    }

    [Theory]
    [InlineData("characters")]
    [InlineData("words")]
    [InlineData("bytes")]
    public void Any_text_of_known_characters_comes_back_exactly(string kind)
    {
        var learned = Learn(kind, _texts);
        using var folder = new TemporaryFolder();
        learned.Save(folder.Path);
        var tokenizer = Tokenizer.Load(folder.Path);
        Assert.Equal(0, tokenizer.Special.Pad);
        Assert.Equal(4, tokenizer.Special.Mask);
        Gen.String[Gen.Char["mosaheMIHOWSAT  \n\t"], 0, 30].Sample(text =>
        {
            var ids = tokenizer.Encode(text).Ids;
            Assert.Equal(learned.Encode(text).Ids, ids);
            Assert.Equal(text, tokenizer.Decode(ids, skipSpecialTokens: true));
        }, iter: 500);
    }

    [Fact]
    public void Byte_level_gives_back_text_it_never_saw()
    {
        var tokenizer = new VocabularyLearner { VocabularySize = 300 }.LearnByteLevelBpe(_texts);
        Assert.Equal("Ünïcode 漢字 😀\r\n", tokenizer.Decode(tokenizer.Encode("Ünïcode 漢字 😀\r\n").Ids, skipSpecialTokens: true));
    }

    [Fact]
    public void Merges_are_learned_most_frequent_first_and_ties_by_smaller_ids()
    {
        // ab three times, then bc, cd and de twice each: of equals the pair with the smaller ids goes first.
        var tokenizer = new VocabularyLearner { VocabularySize = 263 }.LearnByteLevelBpe(["ab", "ab", "ab", "cde", "cde"]);
        Assert.Equal(261, tokenizer.IdOf("ab"));
        Assert.Equal(262, tokenizer.IdOf("cd"));
        Assert.Equal(263, tokenizer.VocabularySize);
    }

    [Theory]
    [InlineData("characters")]
    [InlineData("words")]
    [InlineData("bytes")]
    public void A_text_that_spells_a_special_token_stays_text(string kind)
    {
        var tokenizer = Learn(kind, [.. _texts, "[MASK] [PAD]", "[MASK] [PAD]"]);
        var typed = tokenizer.Encode("[MASK]", addSpecialTokens: false);
        Assert.DoesNotContain(tokenizer.Special.Mask!.Value, typed.Ids);
        Assert.Equal("[MASK]", tokenizer.Decode(typed.Ids, false));
        Assert.Equal([tokenizer.Special.Mask!.Value], tokenizer.Encode("[MASK]", addSpecialTokens: false, parseSpecialTokens: true).Ids);
    }

    [Fact]
    public void What_cannot_be_learned_is_said_all_at_once()
    {
        var error = Assert.Throws<Unmask.Primitives.UserError>(() => new VocabularyLearner { Mask = "<mask>", MinimumCount = 0, VocabularySize = 3 }.LearnCharacters(_texts));
        Assert.Equal(3, error.Problems.Count);
    }

    private static Tokenizer Learn(string kind, string[] texts)
    {
        var learner = new VocabularyLearner { VocabularySize = 400 };
        return kind switch
        {
            "characters" => learner.LearnCharacters(texts),
            "words" => learner.LearnWords(texts),
            _ => learner.LearnByteLevelBpe(texts),
        };
    }
}
