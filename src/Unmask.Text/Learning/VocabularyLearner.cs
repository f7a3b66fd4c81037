using System.Text.Json.Nodes;
using Unmask.Text.Tokenizers;
using Unmask.Text.Tokenizers.Vocabularies;
using Unmask.Text.Unicode;

namespace Unmask.Text.Learning;

/// <summary>
/// Learns a vocabulary from texts and makes a tokenizer of it that Hugging Face's libraries can read as well. Special tokens come first, [PAD]
/// is 0. Each tokenizer gives back the exact text when it decodes, as long as the text's characters were seen (byte-level: always).
/// </summary>
public sealed class VocabularyLearner
{
    // Goes on a word where "##" would in BERT. Texts hold this character next to never; where one does, it is unknown.
    private const string Continuation = "\u2040";

    /// <summary>Special tokens in order of their ids. Those with a part to play are named by the properties below.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

    public string Pad { get; init; } = "[PAD]";
    public string Unknown { get; init; } = "[UNK]";
    public string Cls { get; init; } = "[CLS]";
    public string Sep { get; init; } = "[SEP]";
    public string Mask { get; init; } = "[MASK]";

    /// <summary>Most entries, special tokens and single characters included; characters are kept before words.</summary>
    public int VocabularySize { get; init; } = 8192;

    /// <summary>Words and pairs seen less often than this get no token of their own; characters always do.</summary>
    public int MinimumCount { get; init; } = 2;

    /// <summary>Every character is a token.</summary>
    public Tokenizer LearnCharacters(IEnumerable<string> texts)
    {
        Check();
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var text in texts) CountCharacters(CodePoints.WithoutLoneSurrogates(text), counts);
        var vocabulary = Start();
        AddMostFrequent(vocabulary, counts, 1);
        var draft = new TokenizerDraft
        {
            PreTokenizer = Split("[\\s\\S]", "Isolated"),
            Decoder = new JsonObject { ["type"] = "Fuse" },
            Model = new JsonObject { ["type"] = "WordLevel", ["unk_token"] = Unknown },
            Vocabulary = vocabulary,
        };
        return Finish(draft);
    }

    /// <summary>
    /// Words between blanks are tokens, and rare ones are written in characters: <c>M IH M OW S AH</c> is six tokens where <c>IH</c>, <c>OW</c>
    /// and so on are frequent, <c>mimosa</c> six where it is rare. The single blank between two words takes no token; every
    /// other white space is a character.
    /// </summary>
    public Tokenizer LearnWords(IEnumerable<string> texts)
    {
        Check();
        var words = new Dictionary<string, long>(StringComparer.Ordinal);
        var characters = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var raw in texts)
        {
            var text = CodePoints.WithoutLoneSurrogates(raw);
            CountWords(text, words);
            CountForms(text, characters);
        }
        var vocabulary = Start();
        AddMostFrequent(vocabulary, characters, 1);
        AddMostFrequent(vocabulary, words, MinimumCount);
        var draft = new TokenizerDraft
        {
            PreTokenizer = Split("(?<=\\S) (?=\\S)", "Removed"),
            Decoder = new JsonObject { ["type"] = "WordPiece", ["prefix"] = Continuation, ["cleanup"] = false },
            Model = new JsonObject
            {
                ["type"] = "WordPiece",
                ["unk_token"] = Unknown,
                ["continuing_subword_prefix"] = Continuation,
                ["max_input_chars_per_word"] = 10_000,
            },
            Vocabulary = vocabulary,
        };
        return Finish(draft);
    }

    /// <summary>Byte-level BPE (GPT-2's words and bytes, NFC first), by the rules of Hugging Face's trainer.</summary>
    public Tokenizer LearnByteLevelBpe(IEnumerable<string> texts)
    {
        Check();
        if (VocabularySize < SpecialTokens.Count + 256)
            throw new UserError($"A byte-level vocabulary of {VocabularySize} is too small. It must hold 256 bytes and {SpecialTokens.Count} special tokens: at least {SpecialTokens.Count + 256}.");
        var vocabulary = Start();
        // Bytes in the order of the characters that stand for them.
        foreach (var character in Enumerable.Range(0, 256).Select(b => ByteCharacters.Of((byte)b)).Order()) vocabulary.TryAdd(character.ToString(), vocabulary.Count);
        var merges = new MergeLearner(ByteLevelWords.Count(texts), vocabulary).Learn(VocabularySize, MinimumCount);
        var draft = new TokenizerDraft
        {
            Normalizer = new JsonObject { ["type"] = "NFC" },
            PreTokenizer = ByteLevel(false),
            Decoder = ByteLevel(true),
            Model = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = null,
                ["continuing_subword_prefix"] = null,
                ["end_of_word_suffix"] = null,
                ["fuse_unk"] = false,
                ["byte_fallback"] = false,
                ["ignore_merges"] = false,
            },
            Vocabulary = vocabulary,
            Merges = merges,
        };
        return Finish(draft);
    }

    private void Check()
    {
        var problems = new List<string>();
        foreach (var token in new[] { Pad, Unknown, Cls, Sep, Mask })
            if (!SpecialTokens.Contains(token)) problems.Add($"The special token {token} is not among the special tokens ({string.Join(", ", SpecialTokens)}); add it there.");
        if (SpecialTokens.Distinct().Count() != SpecialTokens.Count || SpecialTokens.Contains(""))
            problems.Add("The special tokens must differ from each other and not be empty.");
        if (MinimumCount < 1) problems.Add($"The minimum count is {MinimumCount}. It must be at least 1.");
        if (VocabularySize <= SpecialTokens.Count)
            problems.Add($"A vocabulary of {VocabularySize} holds nothing beside the {SpecialTokens.Count} special tokens; make it larger.");
        UserError.ThrowIfAny(problems);
    }

    private Dictionary<string, int> Start()
    {
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var token in SpecialTokens) vocabulary.Add(token, vocabulary.Count);
        return vocabulary;
    }

    private void AddMostFrequent(Dictionary<string, int> vocabulary, Dictionary<string, long> counts, int minimum)
    {
        foreach (var (entry, count) in counts.OrderByDescending(x => x.Value).ThenBy(x => x.Key, StringComparer.Ordinal))
        {
            if (count < minimum || vocabulary.Count >= VocabularySize) break;
            // A word of the text that spells a special token is no entry: text never becomes a special token.
            vocabulary.TryAdd(entry, vocabulary.Count);
        }
    }

    private static void CountCharacters(string text, Dictionary<string, long> counts)
    {
        foreach (var rune in text.EnumerateRunes()) Count(counts, rune.ToString());
    }

    // Characters as they can stand in a word: at its beginning, and going on with it. One seen in either place is known in both.
    private static void CountForms(string text, Dictionary<string, long> counts)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            var character = rune.ToString();
            if (character == Continuation) continue;
            Count(counts, character);
            Count(counts, Continuation + character);
        }
    }

    // A word begins a part of the text when a single blank (or nothing) is before it; after other white space it goes on with the part.
    private static void CountWords(string text, Dictionary<string, long> counts)
    {
        for (int start = 0; start < text.Length;)
        {
            if (CodePoints.IsWhiteSpace(text[start]))
            {
                start++;
                continue;
            }
            int end = start;
            while (end < text.Length && !CodePoints.IsWhiteSpace(text[end])) end++;
            var word = text[start..end];
            bool begins = start == 0 || (start >= 2 && text[start - 1] == ' ' && !CodePoints.IsWhiteSpace(text[start - 2]));
            if (!word.Contains(Continuation, StringComparison.Ordinal)) Count(counts, begins ? word : Continuation + word);
            start = end;
        }
    }

    private static void Count(Dictionary<string, long> counts, string key) =>
        System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(counts, key, out _)++;

    private Tokenizer Finish(TokenizerDraft draft)
    {
        for (int i = 0; i < SpecialTokens.Count; i++) draft.Added[i] = new AddedToken(SpecialTokens[i], true);
        draft.Around(Cls, Sep);
        var config = new JsonObject
        {
            ["tokenizer_class"] = "PreTrainedTokenizerFast",
            ["clean_up_tokenization_spaces"] = false,
            ["pad_token"] = Pad,
            ["unk_token"] = Unknown,
            ["cls_token"] = Cls,
            ["sep_token"] = Sep,
            ["mask_token"] = Mask,
        };
        return Tokenizer.Parse(draft.ToJson(), config);
    }

    private static JsonObject Split(string regex, string behavior) => new()
    {
        ["type"] = "Split",
        ["pattern"] = new JsonObject { ["Regex"] = regex },
        ["behavior"] = behavior,
        ["invert"] = false,
    };

    private static JsonObject ByteLevel(bool addPrefixSpace) => new()
    {
        ["type"] = "ByteLevel",
        ["add_prefix_space"] = addPrefixSpace,
        ["trim_offsets"] = true,
        ["use_regex"] = true,
    };
}
