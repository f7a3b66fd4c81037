using System.Text.Json;
using Unmask.Text.Tokenizers;
using Xunit;

namespace Unmask.Tests.Text;

/// <summary>Every folder below the data root that has a golden.jsonl: ids, offsets and texts must equal those of Hugging Face's library.</summary>
public class TokenizerParityTests
{
    public static TheoryData<string> Folders()
    {
        var folders = new TheoryData<string>();
        foreach (var file in Directory.EnumerateFiles(Fixtures.Data, "golden.jsonl", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            folders.Add(Path.GetRelativePath(Fixtures.Data, Path.GetDirectoryName(file)!));
        return folders;
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Ids_offsets_and_decoded_text_are_those_of_the_original(string folder)
    {
        var path = Path.Combine(Fixtures.Data, folder);
        Check(Tokenizer.Load(path), path);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_saved_tokenizer_gives_the_same(string folder)
    {
        var path = Path.Combine(Fixtures.Data, folder);
        using var copy = new TemporaryFolder();
        var original = Tokenizer.Load(path);
        original.Save(copy.Path);
        var loaded = Tokenizer.Load(copy.Path);
        Check(loaded, path);
        Assert.Equal(original.Special.All(), loaded.Special.All());
        Assert.Equal(original.ChatTemplate, loaded.ChatTemplate);
    }

    private static void Check(Tokenizer tokenizer, string path)
    {
        var wrong = new List<string>();
        int checkedLines = 0;
        foreach (var line in File.ReadLines(Path.Combine(path, "golden.jsonl")))
        {
            if (line.Length == 0) continue;
            using var document = JsonDocument.Parse(line);
            var golden = document.RootElement;
            var text = golden.GetProperty("text").GetString()!;
            var full = tokenizer.Encode(text, addSpecialTokens: true, parseSpecialTokens: true);
            var plain = tokenizer.Encode(text, addSpecialTokens: false, parseSpecialTokens: true);
            var offsets = golden.GetProperty("offsets").EnumerateArray().Select(x => (x[0].GetInt32(), x[1].GetInt32()));
            if (!full.Ids.SequenceEqual(Ints(golden, "ids"))) wrong.Add($"ids of {line}");
            if (!plain.Ids.SequenceEqual(Ints(golden, "ids_plain"))) wrong.Add($"ids_plain of {line}");
            if (!plain.Offsets.SequenceEqual(offsets)) wrong.Add($"offsets of {line}");
            if (tokenizer.Decode(Ints(golden, "ids_plain"), false) != golden.GetProperty("decoded").GetString()) wrong.Add($"decoded of {line}");
            if (tokenizer.Decode(Ints(golden, "ids"), true) != golden.GetProperty("decoded_skip").GetString()) wrong.Add($"decoded_skip of {line}");
            checkedLines++;
        }
        Assert.Empty(wrong);
        Assert.True(checkedLines > 0);
    }

    private static int[] Ints(JsonElement golden, string name) => [.. golden.GetProperty(name).EnumerateArray().Select(x => x.GetInt32())];
}
