using CsCheck;
using Unmask.Primitives;
using Unmask.Text.Tokenizers;
using Xunit;

namespace Unmask.Tests.Text;

/// <summary>Faulty files end in a sentence that names file and place.</summary>
public class TokenizerFaultTests
{
    private const string Good = """
        {"version": "1.0", "added_tokens": [{"id": 2, "content": "[MASK]", "special": true, "normalized": false}],
         "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": " "}]},
         "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "[a-z]+|(?:\\p{L}{1,3})"}, "behavior": "Isolated", "invert": false},
         "post_processor": {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A", "type_id": 0}}], "pair": [], "special_tokens": {}},
         "decoder": {"type": "ByteLevel"},
         "model": {"type": "BPE", "unk_token": "a", "vocab": {"a": 0, "b": 1, "ab": 3}, "merges": ["a b"]}}
        """;

    [Theory]
    [InlineData("\"a b\"", "\"a c\"", "model.merges[0]")]
    [InlineData("\"a b\"", "7", "model.merges[0]")]
    [InlineData("\"b\": 1", "\"b\": -1", "model.vocab.b")]
    [InlineData("\"b\": 1", "\"b\": \"x\"", "model.vocab.b")]
    [InlineData("\"NFC\"", "\"NFQ\"", "normalizer.normalizers[0]")]
    [InlineData("\"Isolated\"", "\"Somehow\"", "pre_tokenizer.behavior")]
    [InlineData("[a-z]+", "[a-z+", "is not closed")]
    [InlineData("[a-z]+", "(a)\\\\1", "back-reference")]
    [InlineData("\"BPE\"", "\"Magic\"", "model")]
    [InlineData("\"model\"", "\"modell\"", "has no \"model\"")]
    [InlineData("{\"version\"", "{\"version", "not valid JSON")]
    public void A_fault_is_named(string old, string replacement, string named)
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer.json", Good.Replace(old, replacement, StringComparison.Ordinal));
        var error = Assert.Throws<UserError>(() => Tokenizer.Load(folder.Path));
        Assert.Contains(named, error.Message);
        Assert.Contains("tokenizer.json", error.Message);
    }

    [Fact]
    public void A_folder_without_a_tokenizer_says_what_was_looked_for()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("vocab.txt", Assert.Throws<UserError>(() => Tokenizer.Load(folder.Path)).Message);
        Assert.Contains("does not exist", Assert.Throws<UserError>(() => Tokenizer.Load(folder["nowhere"])).Message);
    }

    [Fact]
    public void However_the_file_is_broken_it_loads_or_ends_in_a_sentence()
    {
        var good = System.Text.Encoding.UTF8.GetBytes(Good);
        var edit = Gen.Select(Gen.Int[0, good.Length - 1], Gen.Int[0, 12], Gen.String[Gen.Char["{}[]\",:0123456789-truefalsn\\()*+?|^$ab"], 0, 4]);
        edit.Array[1, 4].Sample(edits =>
        {
            var bytes = good.ToList();
            foreach (var (at, removed, added) in edits)
            {
                int place = Math.Min(at, bytes.Count);
                bytes.RemoveRange(place, Math.Min(removed, bytes.Count - place));
                bytes.InsertRange(place, System.Text.Encoding.UTF8.GetBytes(added));
            }
            try
            {
                var tokenizer = Tokenizer.Parse(bytes.ToArray());
                tokenizer.Decode(tokenizer.Encode("ab [MASK] é").Ids, false);
            }
            catch (UserError error)
            {
                Assert.NotEmpty(error.Problems);
            }
        }, iter: 3000);
    }
}
