using Unmask.Text.Json;
using Unmask.Text.Patterns;
using Unmask.Text.Tokenizers.PreTokenizers;

namespace Unmask.Text.Tokenizers.Decoders;

/// <summary>Turns tokens back into text, step by step; the text is what the last step leaves, joined.</summary>
internal abstract class Decoder
{
    public abstract List<DecodedText> Decode(List<DecodedText> tokens);

    /// <summary>Reads a decoder of <c>tokenizer.json</c>.</summary>
    public static Decoder Read(JsonField field) => field.Kind() switch
    {
        "Sequence" => new DecoderSequence([.. field.Steps("decoders").Select(Read)]),
        "ByteLevel" => new ByteLevelDecoder(),
        "WordPiece" => new WordPieceDecoder(field.OptionalString("prefix") ?? "##", field.Bool("cleanup", true)),
        "Metaspace" => new MetaspaceDecoder(
            char.ConvertFromUtf32(field.Character("replacement", 0x2581)), MetaspacePreTokenizer.ReadScheme(field) != PrependScheme.Never),
        "BPEDecoder" => new SuffixDecoder(field.OptionalString("suffix") ?? "</w>"),
        "ByteFallback" => new ByteFallbackDecoder(),
        "Fuse" => new FuseDecoder(),
        "Strip" => new StripDecoder(field.Get("content") is var _ ? field.Character("content", ' ') : ' ', field.Int("start", 0), field.Int("stop", 0)),
        "Replace" => new ReplaceDecoder(Pattern.Read(field.Get("pattern")), field.String("content")),
        "CTC" => new CtcDecoder(
            field.OptionalString("pad_token") ?? "<pad>", field.OptionalString("word_delimiter_token") ?? "|", field.Bool("cleanup", true)),
        _ => throw field.UnknownKind(
            "decoder", "Sequence", "ByteLevel", "WordPiece", "Metaspace", "BPEDecoder", "ByteFallback", "Fuse", "Strip", "Replace", "CTC"),
    };
}

internal sealed class DecoderSequence(IReadOnlyList<Decoder> steps) : Decoder
{
    public override List<DecodedText> Decode(List<DecodedText> tokens)
    {
        foreach (var step in steps) tokens = step.Decode(tokens);
        return tokens;
    }
}

/// <summary>Makes one text of all tokens, so that the steps after it see it whole.</summary>
internal sealed class FuseDecoder : Decoder
{
    public override List<DecodedText> Decode(List<DecodedText> tokens)
    {
        var builder = new DecodedBuilder();
        foreach (var token in tokens) builder.Append(token);
        return [builder.ToText()];
    }
}
