using Unmask.Text.Json;

namespace Unmask.Text.Tokenizers.Subwords;

/// <summary>Cuts one word into tokens of the vocabulary.</summary>
internal abstract class SubwordModel
{
    /// <summary>Number of entries of the vocabulary, added tokens left out.</summary>
    public abstract int Count { get; }

    /// <summary>The token that stands for what is not in the vocabulary, or null.</summary>
    public abstract int? Unknown { get; }

    /// <summary>Whether an unknown token reads as the text it stands for, not as its entry in the vocabulary.</summary>
    public virtual bool UnknownKeepsText => false;

    public abstract int? IdOf(ReadOnlySpan<char> token);

    public abstract string? TokenOf(int id);

    /// <summary>Cuts a word that is not empty. Safe for use by several threads.</summary>
    public abstract WordTokens Tokenize(ReadOnlySpan<char> word);

    /// <summary>Cuts a word without the tokens that are barred; what only these cover is unknown, or dropped where there is no unknown token.</summary>
    public abstract WordTokens TokenizeWithout(ReadOnlySpan<char> word, Func<int, bool> barred);

    /// <summary>Every id of the vocabulary with its token.</summary>
    public abstract IEnumerable<(int Id, string Token)> Entries { get; }

    /// <summary>Reads the "model" of <c>tokenizer.json</c>.</summary>
    public static SubwordModel Read(JsonField field)
    {
        // Old files leave the type out; then its members tell.
        var kind = field.OptionalString("type")
            ?? (field.TryGet("merges", out _) ? "BPE" : field.TryGet("max_input_chars_per_word", out _) ? "WordPiece"
                : field.TryGet("vocab", out var vocab) && vocab.Element.ValueKind == System.Text.Json.JsonValueKind.Array ? "Unigram" : "WordLevel");
        return kind switch
        {
            "BPE" => BytePairEncoding.Parse(field),
            "WordPiece" => WordPiece.Parse(field),
            "WordLevel" => WordLevel.Parse(field),
            "Unigram" => Unigram.Parse(field),
            _ => throw field.Error($"is of type \"{kind}\", which is not supported. Supported: BPE, WordPiece, WordLevel and Unigram."),
        };
    }
}

/// <summary>The tokens of one word: ids, and where each lies in the word, in UTF-16 units.</summary>
internal sealed record WordTokens(int[] Ids, int[] Starts, int[] Ends)
{
    public static WordTokens One(int id, int length) => new([id], [0], [length]);

    public static WordTokens None { get; } = new([], [], []);
}
