using Unmask.Text.Json;
using Unmask.Text.Patterns;
using Unmask.Text.Tokenizers.Alignment;
using Unmask.Text.Unicode;

namespace Unmask.Text.Tokenizers.PreTokenizers;

/// <summary>Cuts normalized text into the parts ("words") that the model tokenizes one by one.</summary>
internal abstract class PreTokenizer
{
    /// <summary>Cuts every part that is not an added token already.</summary>
    public virtual List<Piece> Apply(List<Piece> pieces)
    {
        var result = new List<Piece>(pieces.Count * 2);
        foreach (var piece in pieces)
        {
            if (piece.IsToken) result.Add(piece);
            else Cut(piece, result);
        }
        return result;
    }

    /// <summary>Adds the parts of one piece; empty ones must be left out.</summary>
    protected abstract void Cut(Piece piece, List<Piece> into);

    /// <summary>Reads a pre-tokenizer of <c>tokenizer.json</c>.</summary>
    public static PreTokenizer Read(JsonField field)
    {
        switch (field.Kind())
        {
            case "Sequence":
                return new PreTokenizerSequence([.. field.Steps("pretokenizers").Select(Read)]);
            case "ByteLevel":
                return new ByteLevelPreTokenizer(field.Bool("add_prefix_space", true), field.Bool("use_regex", true));
            case "Split":
                return new SplitPreTokenizer(Pattern.Read(field.Get("pattern")), SplitBehaviors.Read(field.Get("behavior")), field.Bool("invert", false));
            case "Whitespace":
                return SplitPreTokenizer.Whitespace;
            case "WhitespaceSplit":
                return new CharacterSplit(CodePoints.IsWhiteSpace, SplitBehavior.Removed);
            case "BertPreTokenizer":
                return new PreTokenizerSequence(
                    [new CharacterSplit(CodePoints.IsWhiteSpace, SplitBehavior.Removed), new CharacterSplit(CodePoints.IsPunctuation, SplitBehavior.Isolated)]);
            case "Punctuation":
                var behavior = field.TryGet("behavior", out var named) ? SplitBehaviors.Read(named) : SplitBehavior.Isolated;
                return new CharacterSplit(CodePoints.IsPunctuation, behavior);
            case "Digits":
                return new CharacterSplit(CodePoints.IsNumeric, field.Bool("individual_digits", false) ? SplitBehavior.Isolated : SplitBehavior.Contiguous);
            case "CharDelimiterSplit":
                int delimiter = field.Get("delimiter") is var _ ? field.Character("delimiter", 0) : 0;
                return new CharacterSplit(c => c == delimiter, SplitBehavior.Removed);
            case "Metaspace":
                return MetaspacePreTokenizer.Parse(field);
            case "UnicodeScripts":
                return new UnicodeScripts();
            case "FixedLength":
                int length = field.Int("length", 5);
                return length > 0 ? new FixedLength(length) : throw field.Error($"has a length of {length}. It must be 1 or more.");
            default:
                throw field.UnknownKind("pre-tokenizer", "Sequence", "ByteLevel", "Split", "Whitespace", "WhitespaceSplit", "BertPreTokenizer",
                    "Punctuation", "Digits", "CharDelimiterSplit", "Metaspace", "UnicodeScripts", "FixedLength");
        }
    }
}

internal sealed class PreTokenizerSequence(IReadOnlyList<PreTokenizer> steps) : PreTokenizer
{
    public override List<Piece> Apply(List<Piece> pieces)
    {
        foreach (var step in steps) pieces = step.Apply(pieces);
        return pieces;
    }

    protected override void Cut(Piece piece, List<Piece> into) => into.AddRange(Apply([piece]));
}
