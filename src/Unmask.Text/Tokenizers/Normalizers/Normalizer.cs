using Unmask.Text.Json;
using Unmask.Text.Patterns;
using Unmask.Text.Tokenizers.Alignment;

namespace Unmask.Text.Tokenizers.Normalizers;

/// <summary>Changes text before it is cut into words, keeping track of where each character came from.</summary>
internal abstract class Normalizer
{
    public abstract Piece Normalize(Piece piece);

    /// <summary>Reads a normalizer of <c>tokenizer.json</c>.</summary>
    public static Normalizer Read(JsonField field) => field.Kind() switch
    {
        "Sequence" => new NormalizerSequence([.. field.Steps("normalizers").Select(Read)]),
        "NFC" => new UnicodeForm(true, false),
        "NFD" => new UnicodeForm(false, false),
        "NFKC" => new UnicodeForm(true, true),
        "NFKD" => new UnicodeForm(false, true),
        "Lowercase" => new Lowercase(),
        "Strip" => new Strip(field.Bool("strip_left", true), field.Bool("strip_right", true)),
        "StripAccents" => CharacterFilter.StripAccents,
        "Replace" => new Replace(Pattern.Read(field.Get("pattern")), field.String("content")),
        "Prepend" => new Prepend(field.String("prepend")),
        "BertNormalizer" => new BertNormalizer(
            field.Bool("clean_text", true), field.Bool("handle_chinese_chars", true), field.OptionalBool("strip_accents"), field.Bool("lowercase", true)),
        "Nmt" => CharacterFilter.Nmt,
        "ByteLevel" => new ByteLevelNormalizer(),
        "Precompiled" => new Precompiled(field.Get("precompiled_charsmap")),
        _ => throw field.UnknownKind("normalizer", "Sequence", "NFC", "NFD", "NFKC", "NFKD", "Lowercase", "Strip", "StripAccents", "Replace",
            "Prepend", "BertNormalizer", "Nmt", "ByteLevel", "Precompiled"),
    };
}

internal sealed class NormalizerSequence(IReadOnlyList<Normalizer> steps) : Normalizer
{
    public override Piece Normalize(Piece piece)
    {
        foreach (var step in steps) piece = step.Normalize(piece);
        return piece;
    }
}
