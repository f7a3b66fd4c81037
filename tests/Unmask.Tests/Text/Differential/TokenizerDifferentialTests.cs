using System.Text.Json.Nodes;
using Unmask.Primitives;
using Unmask.Testing;
using Unmask.Text.Tokenizers;
using Xunit;

namespace Unmask.Tests.Text.Differential;

/// <summary>
/// Random tokenizer files and random texts against the library that all this follows, Hugging Face's tokenizers in Rust. The same ones each time;
/// UNMASK_TOKENIZERS=N tries N files in place of a few hundred, UNMASK_TOKENIZERS_FROM=N begins at another one.
/// </summary>
public sealed class TokenizerDifferentialTests(ITestOutputHelper output) : IDisposable
{
    private const int UsualFiles = 200, TextsPerFile = 12, MostShown = 12;

    private readonly TemporaryFolder folder = new();
    private readonly TokenizerOracle oracle = new();

    public void Dispose()
    {
        oracle.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void Random_files_give_the_ids_and_texts_of_the_original()
    {
        var habits = Habits();
        if (habits is null) Assert.Skip("The native part of Tokenizers.DotNet does not run here.");
        var (addsSpecial, skipsSpecial) = habits.Value;
        int files = Scale.Of("UNMASK_TOKENIZERS", UsualFiles), from = Scale.Of("UNMASK_TOKENIZERS_FROM", 1), compared = 0;
        var wrong = new List<string>();
        for (int seed = from; seed < from + files && wrong.Count < MostShown; seed++) compared += Compare(seed, addsSpecial, skipsSpecial, wrong);
        output.WriteLine($"{compared} texts compared; the original ended at {oracle.Deaths} files");
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
        Assert.True(compared > files * TextsPerFile / 3, $"Only {compared} texts could be compared.");
    }

    private int Compare(int seed, bool addsSpecial, bool skipsSpecial, List<string> wrong)
    {
        var random = new Random(seed);
        var path = folder.Write("tokenizer.json", new RandomTokenizer(random).Draw().ToJsonString());
        var texts = Enumerable.Range(0, TextsPerFile).Select(_ => RandomText.Draw(random)).ToList();
        if (oracle.Ask(path, texts) is not { } answers) return 0;
        Tokenizer tokenizer;
        try
        {
            tokenizer = Tokenizer.Load(folder.Path);
        }
        catch (UserError error)
        {
            wrong.Add($"file {seed} is refused: {error.Message}");
            return 0;
        }

        // A token of which the normalizer leaves nothing cuts a text everywhere there, or ends the library; here it is nowhere.
        if (tokenizer.AddedTokens.Any(token => token.Value.Normalized && tokenizer.Decode([token.Key], skipSpecialTokens: false).Length == 0)) return 0;
        int compared = 0;
        foreach (var (text, answer) in texts.Zip(answers))
        {
            if (answer is null) continue;
            compared++;
            int[] ids = [.. answer.Ids.Select(id => (int)id)];
            var got = Shown(() => string.Join(' ', tokenizer.Encode(text, addsSpecial, parseSpecialTokens: true).Ids));
            if (got != string.Join(' ', ids)) wrong.Add($"file {seed}, ids of {JsonValue.Create(text)!.ToJsonString()}: {got}, not {string.Join(' ', ids)}");
            // Since 0.23 of the library a token that is looked for in normalized text is decoded as that; the wrapper has 0.22.
            if (answer.Decoded is not { } decoded || ids.Any(id => tokenizer.AddedTokens.TryGetValue(id, out var token) && token.Normalized)) continue;
            var read = Shown(() => tokenizer.Decode(ids, skipsSpecial));
            if (read != decoded) wrong.Add($"file {seed}, text of {string.Join(' ', ids)}: {JsonValue.Create(read)!.ToJsonString()}, not {JsonValue.Create(decoded)!.ToJsonString()}");
            var pieces = Shown(() => string.Concat(TokenPieces.Of(tokenizer, ids)));
            if (ids.Length > 0 && pieces != Shown(() => tokenizer.Decode(ids, skipSpecialTokens: false))) wrong.Add($"file {seed}, pieces of {string.Join(' ', ids)}: {pieces}");
        }

        return compared;
    }

    /// <summary>What the wrapper asks of the library: whether special tokens are put round a text, and left out of a decoded one; null where it does not run.</summary>
    private (bool AddsSpecial, bool SkipsSpecial)? Habits()
    {
        var path = folder.Write("tokenizer.json", """
            {"version": "1.0", "added_tokens": [{"id": 1, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}], "normalizer": null, "pre_tokenizer": null,
             "post_processor": {"type": "BertProcessing", "sep": ["<s>", 1], "cls": ["<s>", 1]}, "decoder": {"type": "Fuse"}, "model": {"type": "WordLevel", "unk_token": "a", "vocab": {"a": 0, "<s>": 1}}}
            """);
        if (oracle.Ask(path, ["a"]) is not [{ } answer]) return null;
        return (answer.Ids.Length == 3, answer.Decoded?.Contains("<s>", StringComparison.Ordinal) == false);
    }

    private static string Shown(Func<string> make)
    {
        try
        {
            return make();
        }
        catch (UserError error)
        {
            return error.Message;
        }
    }
}
