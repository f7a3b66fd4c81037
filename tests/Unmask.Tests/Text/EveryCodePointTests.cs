using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Unmask.Text.Tokenizers;
using Xunit;

namespace Unmask.Tests.Text;

/// <summary>Normalizers, pre-tokenizers and pattern classes treat every code point as Hugging Face's library does, whose tables are of several Unicode versions.</summary>
public class EveryCodePointTests
{
    private const int BlockSize = 0x1000, RowSize = 0x100;

    private static readonly int[] _blocks = [.. Enumerable.Range(0, 0x33).Select(block => block * BlockSize), 0xE0000];

    public static TheoryData<string> Parts() => new(File.ReadLines(Path.Combine(Fixtures.Root, "tests", "fixtures", "code-points", "digests.jsonl")));

    [Theory, MemberData(nameof(Parts))]
    public void Each_is_treated_as_in_the_original(string line)
    {
        var golden = JsonNode.Parse(line)!;
        var expected = golden["digests"]!.GetValue<string>().Split(' ');
        var tokenizer = golden["normalizer"] is { } normalizer ? Bytes(normalizer) : OneWord(golden["pre_tokenizer"]!);
        var wrong = _blocks.Where((block, i) => Digest(tokenizer, block, golden["normalizer"] is not null) != expected[i]);
        Assert.Equal([], wrong.Select(block => $"U+{block:X4} and on"));
    }

    private static string Digest(Tokenizer tokenizer, int block, bool normalized)
    {
        var lines = new StringBuilder();
        for (int row = block; row < block + BlockSize; row += RowSize)
        {
            if (row is >= 0xD800 and < 0xE000) continue;
            var encoding = tokenizer.Encode("a" + string.Join('a', Enumerable.Range(row, RowSize).Select(char.ConvertFromUtf32)) + "a");
            if (normalized) lines.Append(tokenizer.Decode(encoding.Ids, false));
            else lines.AppendJoin(' ', encoding.Offsets.Select(o => $"{o.Start}-{o.End}"));
            lines.Append('\n');
        }
        return Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(lines.ToString())))[..12];
    }

    /// <summary>A vocabulary of bytes: the ids are those of the normalized text.</summary>
    private static Tokenizer Bytes(JsonNode normalizer)
    {
        var vocabulary = new JsonObject { ["<unk>"] = 256 };
        for (int b = 0; b < 256; b++) vocabulary[$"<0x{b:X2}>"] = b;
        return Build(new JsonObject
        {
            ["model"] = new JsonObject { ["type"] = "BPE", ["unk_token"] = "<unk>", ["byte_fallback"] = true, ["vocab"] = vocabulary, ["merges"] = new JsonArray() },
            ["normalizer"] = normalizer.DeepClone(),
            ["decoder"] = new JsonObject { ["type"] = "ByteFallback" },
        });
    }

    /// <summary>A vocabulary of the unknown word alone: the offsets are those of the parts.</summary>
    private static Tokenizer OneWord(JsonNode preTokenizer) => Build(new JsonObject
    {
        ["model"] = new JsonObject { ["type"] = "WordLevel", ["unk_token"] = "[UNK]", ["vocab"] = new JsonObject { ["[UNK]"] = 0 } },
        ["pre_tokenizer"] = preTokenizer.DeepClone(),
    });

    private static Tokenizer Build(JsonObject json) => Tokenizer.Parse(System.Text.Encoding.UTF8.GetBytes(json.ToJsonString()));
}
