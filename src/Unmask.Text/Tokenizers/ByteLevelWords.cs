using Unmask.Text.Tokenizers.Alignment;
using Unmask.Text.Tokenizers.Normalizers;
using Unmask.Text.Tokenizers.PreTokenizers;
using Unmask.Text.Unicode;

namespace Unmask.Text.Tokenizers;

/// <summary>Counts the words of texts as byte-level BPE sees them.</summary>
internal static class ByteLevelWords
{
    public static Dictionary<string, long> Count(IEnumerable<string> texts)
    {
        var normalizer = new UnicodeForm(true, false);
        var words = new ByteLevelPreTokenizer(false, true);
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        var lookup = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var text in texts)
        {
            var piece = normalizer.Normalize(Piece.Whole(AlignedText.Original(CodePoints.WithoutLoneSurrogates(text))));
            foreach (var word in words.Apply([piece]))
                if (word.Length > 0) System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(lookup, word.Span, out _)++;
        }
        return counts;
    }
}
