using Unmask.Text.Json;
using Unmask.Text.Patterns;
using Unmask.Text.Tokenizers.Alignment;
using Unmask.Text.Tokenizers.Normalizers;

namespace Unmask.Text.Tokenizers.PreTokenizers;

/// <summary>When a word mark is put before text that does not begin with one.</summary>
internal enum PrependScheme
{
    Always,
    First,
    Never,
}

/// <summary>SentencePiece's way: blanks become a visible mark that begins the word after it.</summary>
internal sealed class MetaspacePreTokenizer(string replacement, PrependScheme scheme, bool split) : PreTokenizer
{
    private readonly Replace _blanks = new(Pattern.Literal(" "), replacement);
    private readonly SplitPreTokenizer _marks = new(Pattern.Literal(replacement), SplitBehavior.MergedWithNext, false);

    public static MetaspacePreTokenizer Parse(JsonField field) =>
        new(char.ConvertFromUtf32(field.Character("replacement", 0x2581)), ReadScheme(field), field.Bool("split", true));

    /// <summary>The scheme, from "prepend_scheme" or the older "add_prefix_space".</summary>
    public static PrependScheme ReadScheme(JsonField field)
    {
        var scheme = field.OptionalString("prepend_scheme") switch
        {
            null => (PrependScheme?)null,
            "always" => PrependScheme.Always,
            "first" => PrependScheme.First,
            "never" => PrependScheme.Never,
            var other => throw field.Error($"has the prepend_scheme \"{other}\". It must be always, first or never."),
        };
        if (field.OptionalBool("add_prefix_space") != false) return scheme ?? PrependScheme.Always;
        if (scheme is not null and not PrependScheme.Never) throw field.Error("has add_prefix_space false but a prepend_scheme that adds one.");
        return PrependScheme.Never;
    }

    protected override void Cut(Piece piece, List<Piece> into)
    {
        piece = _blanks.Normalize(piece);
        bool wanted = scheme == PrependScheme.Always || (scheme == PrependScheme.First && piece.OriginalStart == 0);
        if (wanted && !piece.Span.StartsWith(replacement)) piece = Prepend.Apply(piece, replacement);
        if (split) into.AddRange(_marks.Apply([piece]));
        else if (piece.Length > 0) into.Add(piece);
    }
}
