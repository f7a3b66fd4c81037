using System.Text.Json.Nodes;
using Unmask.Primitives;
using Unmask.Text.Tokenizers;
using Xunit;

namespace Unmask.Tests.Text;

/// <summary>Settings files beside tokenizer.json count as in transformers 5.12: flags, special tokens that are only named, classes that build parts of their own.</summary>
public class TokenizerClassTests
{
    private const string Blanks = """
        {"version": "1.0", "added_tokens": [
           {"id": 4, "content": "[MASK]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
         "normalizer": null, "pre_tokenizer": {"type": "Split", "pattern": {"String": " "}, "behavior": "Isolated", "invert": false}, "post_processor": null, "decoder": {"type": "Fuse"},
         "model": {"type": "WordLevel", "unk_token": "[UNK]", "vocab": {"[PAD]": 0, "[UNK]": 1, "a": 2, " ": 3, "[MASK]": 4, "</s>": 5}}}
        """;

    private static readonly string[] _lines = File.ReadAllLines(Path.Combine(Fixtures.Root, "tests", "fixtures", "tokenizer-classes", "folders.jsonl"));

    public static TheoryData<int, string> Folders()
    {
        var folders = new TheoryData<int, string>();
        for (int i = 1; i < _lines.Length; i++) folders.Add(i, JsonNode.Parse(_lines[i])!["class"]!.GetValue<string>());
        return folders;
    }

    [Theory, MemberData(nameof(Folders))]
    public void A_folder_gives_the_ids_of_transformers(int number, string className)
    {
        var golden = JsonNode.Parse(_lines[number])!;
        var texts = JsonNode.Parse(_lines[0])!["lines"]!.AsArray().Select(line => line!.GetValue<string>()).ToList();
        using var folder = new TemporaryFolder();
        foreach (var (name, content) in golden["files"]!.AsObject()) folder.Write(name, content!.ToJsonString());
        var tokenizer = Tokenizer.Load(folder.Path);
        using var copy = new TemporaryFolder();
        tokenizer.Save(copy.Path);
        foreach (var read in new[] { tokenizer, Tokenizer.Load(copy.Path) })
        {
            for (int i = 0; i < texts.Count; i++)
            {
                Assert.Equal($"{texts[i]} {Ids(golden["ids_plain"]![i]!)}", $"{texts[i]} {string.Join(' ', read.Encode(texts[i], false, true).Ids)}");
                Assert.Equal($"{texts[i]} {Ids(golden["ids"]![i]!)}", $"{texts[i]} {string.Join(' ', read.Encode(texts[i], true, true).Ids)}");
            }
            var roles = read.Special.All().ToDictionary(x => x.Name, x => x.Id);
            foreach (var (role, id) in golden["roles"]!.AsObject()) Assert.Equal($"{className} {role} {id}", $"{className} {role} {roles[role]}");
        }
    }

    [Theory]
    [InlineData("\"added_tokens_decoder\": {\"4\": {\"content\": \"[MASK]\", \"lstrip\": true, \"special\": true}}", "a [MASK]", "2 4")]
    [InlineData("\"added_tokens_decoder\": {\"999\": {\"content\": \"[MASK]\", \"rstrip\": true, \"special\": true}}", "[MASK] a", "4 2")]
    [InlineData("\"added_tokens_decoder\": {\"4\": {\"content\": \"[MASK]\", \"single_word\": true, \"special\": true}}", "a[MASK]", "1")]
    [InlineData("\"mask_token\": \"<mask>\"", "a<mask>", "2 6")]
    [InlineData("\"additional_special_tokens\": [\"<x>\", \"<y>\"]", "<y>a", "7 2")]
    [InlineData("\"extra_special_tokens\": {\"image_token\": \"<i>\"}", "<i>", "6")]
    [InlineData("\"split_special_tokens\": true", "[MASK]a", "1")]
    [InlineData("\"mask_token\": {\"content\": \"[MASK]\", \"lstrip\": true}", "a [MASK]", "2 3 4")]
    public void Settings_beside_it_count(string setting, string text, string ids)
    {
        var config = JsonNode.Parse("{\"tokenizer_class\": \"PreTrainedTokenizerFast\", " + setting + "}")!.AsObject();
        Assert.Equal(ids, string.Join(' ', Tokenizer.Parse(System.Text.Encoding.UTF8.GetBytes(Blanks), config).Encode(text, false, true).Ids));
    }

    [Fact]
    public void A_token_that_is_only_named_needs_no_row_of_a_model()
    {
        var config = JsonNode.Parse("""{"pad_token": "<nowhere>"}""")!.AsObject();
        var tokenizer = Tokenizer.Parse(System.Text.Encoding.UTF8.GetBytes(Blanks), config);
        Assert.Equal((6, 7, 6), (tokenizer.Special.Pad, tokenizer.VocabularySize, tokenizer.ListedSize));
    }

    [Theory]
    [InlineData("{\"added_tokens_decoder\": {\"4\": {\"content\": 7}}}", "added_tokens_decoder[\"4\"]")]
    [InlineData("{\"added_tokens_decoder\": {\"x\": {\"content\": \"a\"}}}", "added_tokens_decoder")]
    [InlineData("{\"added_tokens_decoder\": [1]}", "added_tokens_decoder")]
    [InlineData("{\"mask_token\": 5}", "mask_token")]
    [InlineData("{\"additional_special_tokens\": \"<x>\"}", "extra_special_tokens")]
    [InlineData("{\"tokenizer_class\": \"T5Tokenizer\"}", "Unigram")]
    [InlineData("{\"tokenizer_class\": \"BertTokenizer\", \"do_lower_case\": \"yes\"}", "do_lower_case")]
    [InlineData("{\"split_special_tokens\": 3}", "split_special_tokens")]
    [InlineData("{\"mask_token\": \"\\ud800\"}", "surrogate")]
    [InlineData("{\"mask\\ud800\": 1}", "surrogate")]
    public void A_wrong_setting_is_named_with_its_file(string config, string named)
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer.json", Blanks);
        folder.Write("tokenizer_config.json", config);
        var error = Assert.Throws<UserError>(() => Tokenizer.Load(folder.Path));
        Assert.Contains(named, error.Message);
        Assert.Contains("tokenizer_config.json", error.Message);
    }

    [Theory]
    [InlineData("tokenizer_config.json", "{\"mask_token\": \"[MASK]\", \"mask_token\": \"</s>\"}")]
    [InlineData("tokenizer_config.json", "{\"added_tokens_decoder\": {\"4\": {\"content\": \"[MASK]\", \"special\": true}, \"4\": {\"content\": \"[MASK]\", \"special\": true, \"special\": true}}}")]
    [InlineData("tokenizer_config.json", "{\"mask_token\": {\"content\": \"[MASK]\", \"content\": \"</s>\"}}")]
    [InlineData("tokenizer_config.json", "{\"chat_template\": [{\"name\": \"default\", \"name\": \"default\", \"template\": \"x\"}]}")]
    [InlineData("special_tokens_map.json", "{\"mask_token\": \"[MASK]\", \"mask_token\": \"</s>\"}")]
    [InlineData("added_tokens.json", "{\"<z>\": 6, \"<z>\": 7}")]
    public void Of_doubled_names_the_last_one_counts(string file, string content)
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer.json", Blanks.Replace("\"[PAD]\": 0,", "\"[PAD]\": 3, \"[PAD]\": 0,", StringComparison.Ordinal));
        folder.Write(file, content);
        var tokenizer = Tokenizer.Load(folder.Path);
        Assert.Equal(0, tokenizer.IdOf("[PAD]"));
        _ = tokenizer.ChatTemplate;
        if (content.Contains("\"</s>\"", StringComparison.Ordinal)) Assert.Equal(5, tokenizer.Special.Mask);
    }

    [Theory]
    [InlineData("tokenizer.json")]
    [InlineData("tokenizer_config.json")]
    [InlineData("special_tokens_map.json")]
    [InlineData("added_tokens.json")]
    [InlineData("chat_template.jinja")]
    public void A_pointer_of_Git_LFS_is_told_as_one(string file)
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer.json", Blanks);
        folder.Write(file, "version https://git-lfs.github.com/spec/v1\noid sha256:5b3c1e90\nsize 2113710\n");
        var error = Assert.Throws<UserError>(() => Tokenizer.Load(folder.Path));
        Assert.Contains("Git LFS", error.Message);
        Assert.Contains(file, error.Message);
    }

    [Fact]
    public void A_model_of_a_known_kind_without_a_named_class_gets_the_class_of_its_kind()
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer.json", """{"added_tokens": [], "model": {"type": "WordPiece", "unk_token": "[UNK]", "vocab": {"[UNK]": 0, "a": 1, "A": 2, "[CLS]": 3, "[SEP]": 4}}}""");
        Assert.Equal([2], Tokenizer.Load(folder.Path).Encode("A").Ids);
        folder.Write("config.json", """{"model_type": "bert"}""");
        var tokenizer = Tokenizer.Load(folder.Path);
        Assert.Equal([3, 1, 4], tokenizer.Encode("A").Ids);
        using var copy = new TemporaryFolder();
        tokenizer.Save(copy.Path);
        Assert.Equal([3, 1, 4], Tokenizer.Load(copy.Path).Encode("A").Ids);
    }

    private static string Ids(JsonNode ids) => string.Join(' ', ids.AsArray().Select(id => id!.GetValue<int>()));
}
