using System.Text.Json.Nodes;
using Unmask.Text.Tokenizers;
using Xunit;

namespace Unmask.Tests.Text;

/// <summary>clean_up_tokenization_spaces: what is expected is what transformers 5.12 decodes by the same files.</summary>
public class EnglishBlanksTests
{
    private static readonly string _bert = Path.Combine(Fixtures.Data, "tokenizer-bert-base-uncased");

    [Theory]
    [InlineData("It's 'quoted' , isn't it ? We've won ! They're here . I'm John's . Do not do not .", "it's'quoted ', isn't it? we've won! they're here. i'm john's. do not do not.", "it ' s ' quoted ', isn ' t it? we ' ve won! they ' re here. i ' m john ' s. do not do not.")]
    [InlineData("a ' b ' c . d", "a'b'c. d", "a ' b ' c. d")]
    [InlineData("[MASK] . [MASK] ' s", "[MASK]. [MASK]'s", "[MASK]. [MASK] ' s")]
    [InlineData("", "", "")]
    public void A_folder_that_says_so_has_blanks_taken_out_of_the_text_as_a_whole(string text, string cleaned, string plain)
    {
        var tokenizer = Bert(true);
        var ids = tokenizer.Encode(text, addSpecialTokens: false, parseSpecialTokens: true).Ids;
        Assert.Equal(cleaned, tokenizer.Decode(ids, skipSpecialTokens: false));
        Assert.Equal(cleaned, string.Concat(TokenPieces.Of(tokenizer, ids)));
        Assert.Equal(plain, Bert(false).Decode(ids, skipSpecialTokens: false));
    }

    [Theory]
    [InlineData("{}", "a . b")]
    [InlineData("""{"clean_up_tokenization_spaces": true}""", "a . b")]
    [InlineData("""{"clean_up_tokenization_spaces": true, "clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output": true}""", "a. b")]
    public void Byte_pairs_are_spared(string config, string decoded)
    {
        using var folder = new TemporaryFolder();
        foreach (var file in new[] { "vocab.json", "merges.txt" }) File.Copy(Path.Combine(Fixtures.Data, "tokenizer-gpt2", file), folder[file]);
        folder.Write("tokenizer_config.json", config);
        var tokenizer = Tokenizer.Load(folder.Path);
        Assert.Equal(decoded, tokenizer.Decode(tokenizer.Encode("a . b", false, false).Ids, skipSpecialTokens: false));
    }

    private static Tokenizer Bert(bool cleans)
    {
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(_bert, "tokenizer_config.json")))!.AsObject();
        config["clean_up_tokenization_spaces"] = cleans;
        return Tokenizer.Parse(File.ReadAllBytes(Path.Combine(_bert, "tokenizer.json")), config);
    }
}
