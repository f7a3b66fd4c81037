using Unmask.Text.Patterns;
using Unmask.Text.Unicode;

namespace Unmask.Text.Tokenizers.Decoders;

/// <summary>Words with blanks between them; pieces that go on a word lose their prefix.</summary>
internal sealed class WordPieceDecoder(string prefix, bool cleanup) : Decoder
{
    public override List<DecodedText> Decode(List<DecodedText> tokens)
    {
        for (int i = 0; i < tokens.Count; i++)
        {
            if (i > 0)
                tokens[i] = tokens[i].Text.StartsWith(prefix, StringComparison.Ordinal) ? tokens[i].Slice(prefix.Length, tokens[i].Text.Length) : tokens[i].After(" ");
            if (cleanup) tokens[i] = EnglishBlanks.WithoutInTokens(tokens[i]);
        }
        return tokens;
    }
}

/// <summary>Word marks back to blanks; the mark that was put before the text goes.</summary>
internal sealed class MetaspaceDecoder(string replacement, bool dropsFirst) : Decoder
{
    public override List<DecodedText> Decode(List<DecodedText> tokens)
    {
        for (int i = 0; i < tokens.Count; i++) tokens[i] = tokens[i].Replace(replacement, i == 0 && dropsFirst ? "" : " ");
        return tokens;
    }
}

/// <summary>The suffix that ends a word back to a blank, except at the very end.</summary>
internal sealed class SuffixDecoder(string suffix) : Decoder
{
    public override List<DecodedText> Decode(List<DecodedText> tokens)
    {
        for (int i = 0; i < tokens.Count; i++) tokens[i] = tokens[i].Replace(suffix, i == tokens.Count - 1 ? "" : " ");
        return tokens;
    }
}

/// <summary>Takes up to so many of one character off each end of each token.</summary>
internal sealed class StripDecoder(int content, int start, int stop) : Decoder
{
    public override List<DecodedText> Decode(List<DecodedText> tokens)
    {
        for (int i = 0; i < tokens.Count; i++)
        {
            var token = tokens[i].Text;
            int from = 0, to = token.Length;
            for (int n = 0; n < start && from < token.Length && CodePoints.At(token, from, out int units) == content; n++) from += units;
            for (int n = 0; n < stop && to > from && CodePoints.Before(token, to, out int units) == content; n++) to -= units;
            tokens[i] = tokens[i].Slice(from, to);
        }
        return tokens;
    }
}

/// <summary>Puts a fixed text in place of every match, token by token.</summary>
internal sealed class ReplaceDecoder(Pattern pattern, string content) : Decoder
{
    public override List<DecodedText> Decode(List<DecodedText> tokens)
    {
        var parts = new List<(int Start, int End, bool IsMatch)>();
        for (int i = 0; i < tokens.Count; i++)
        {
            var token = tokens[i];
            pattern.Cut(token.Text, parts);
            if (!parts.Exists(p => p.IsMatch)) continue;
            var builder = new DecodedBuilder();
            foreach (var (start, end, isMatch) in parts)
            {
                if (!isMatch) builder.Append(token.Slice(start, end));
                // What matches nothing belongs to the character after it.
                else if (token.Text.Length > 0) builder.Append(content, token.TokenAt(Math.Min(Math.Max(end - 1, start), token.Text.Length - 1)));
                else builder.Append(content, token.Token);
            }
            tokens[i] = builder.ToText();
        }
        return tokens;
    }
}

/// <summary>Speech models' way: repeats fall together, the padding token is silence, the delimiter a blank.</summary>
internal sealed class CtcDecoder(string padding, string delimiter, bool cleanup) : Decoder
{
    public override List<DecodedText> Decode(List<DecodedText> tokens)
    {
        var result = new List<DecodedText>(tokens.Count);
        string? last = null;
        foreach (var token in tokens)
        {
            if (token.Text == last) continue;
            last = token.Text;
            var text = token.Replace(padding, "");
            if (cleanup) text = EnglishBlanks.WithoutInTokens(text).Replace(delimiter, " ");
            if (text.Text.Length > 0) result.Add(text);
        }
        return result;
    }
}
