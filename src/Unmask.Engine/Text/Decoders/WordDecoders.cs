using Unmask.Engine.Text.Patterns;
using Unmask.Engine.Text.Unicode;

namespace Unmask.Engine.Text.Decoders;

/// <summary>Words with blanks between them; pieces that go on a word lose their prefix.</summary>
internal sealed class WordPieceDecoder(string prefix, bool cleanup) : Decoder
{
    public override List<string> Decode(List<string> tokens)
    {
        for (int i = 0; i < tokens.Count; i++)
        {
            if (i > 0)
                tokens[i] = tokens[i].StartsWith(prefix, StringComparison.Ordinal) ? tokens[i][prefix.Length..] : " " + tokens[i];
            if (cleanup) tokens[i] = CleanUp(tokens[i]);
        }
        return tokens;
    }

    /// <summary>Takes out the blanks that English does not put before punctuation and contractions.</summary>
    public static string CleanUp(string text) => !text.Contains(' ') ? text : text
        .Replace(" .", ".", StringComparison.Ordinal).Replace(" ?", "?", StringComparison.Ordinal).Replace(" !", "!", StringComparison.Ordinal)
        .Replace(" ,", ",", StringComparison.Ordinal).Replace(" ' ", "'", StringComparison.Ordinal).Replace(" n't", "n't", StringComparison.Ordinal)
        .Replace(" 'm", "'m", StringComparison.Ordinal).Replace(" do not", " don't", StringComparison.Ordinal).Replace(" 's", "'s", StringComparison.Ordinal)
        .Replace(" 've", "'ve", StringComparison.Ordinal).Replace(" 're", "'re", StringComparison.Ordinal);
}

/// <summary>Word marks back to blanks; the mark that was put before the text goes.</summary>
internal sealed class MetaspaceDecoder(string replacement, bool dropsFirst) : Decoder
{
    public override List<string> Decode(List<string> tokens)
    {
        for (int i = 0; i < tokens.Count; i++)
            tokens[i] = tokens[i].Replace(replacement, i == 0 && dropsFirst ? "" : " ", StringComparison.Ordinal);
        return tokens;
    }
}

/// <summary>The suffix that ends a word back to a blank, except at the very end.</summary>
internal sealed class SuffixDecoder(string suffix) : Decoder
{
    public override List<string> Decode(List<string> tokens)
    {
        if (suffix.Length == 0) return tokens;
        for (int i = 0; i < tokens.Count; i++)
            tokens[i] = tokens[i].Replace(suffix, i == tokens.Count - 1 ? "" : " ", StringComparison.Ordinal);
        return tokens;
    }
}

/// <summary>Takes up to so many of one character off each end of each token.</summary>
internal sealed class StripDecoder(int content, int start, int stop) : Decoder
{
    public override List<string> Decode(List<string> tokens)
    {
        for (int i = 0; i < tokens.Count; i++)
        {
            var token = tokens[i];
            int from = 0, to = token.Length;
            for (int n = 0; n < start && from < token.Length && CodePoints.At(token, from, out int units) == content; n++) from += units;
            for (int n = 0; n < stop && to > from && CodePoints.Before(token, to, out int units) == content; n++) to -= units;
            tokens[i] = token[from..to];
        }
        return tokens;
    }
}

/// <summary>Puts a fixed text in place of every match, token by token.</summary>
internal sealed class ReplaceDecoder(Pattern pattern, string content) : Decoder
{
    public override List<string> Decode(List<string> tokens)
    {
        var parts = new List<(int Start, int End, bool IsMatch)>();
        for (int i = 0; i < tokens.Count; i++)
        {
            var token = tokens[i];
            pattern.Cut(token, parts);
            if (parts.Exists(p => p.IsMatch)) tokens[i] = string.Concat(parts.Select(p => p.IsMatch ? content : token[p.Start..p.End]));
        }
        return tokens;
    }
}

/// <summary>Speech models' way: repeats fall together, the padding token is silence, the delimiter a blank.</summary>
internal sealed class CtcDecoder(string padding, string delimiter, bool cleanup) : Decoder
{
    public override List<string> Decode(List<string> tokens)
    {
        var result = new List<string>(tokens.Count);
        string? last = null;
        foreach (var token in tokens)
        {
            if (token == last) continue;
            last = token;
            var text = padding.Length == 0 ? token : token.Replace(padding, "", StringComparison.Ordinal);
            if (cleanup)
            {
                text = WordPieceDecoder.CleanUp(text);
                if (delimiter.Length > 0) text = text.Replace(delimiter, " ", StringComparison.Ordinal);
            }
            if (text.Length > 0) result.Add(text);
        }
        return result;
    }
}
