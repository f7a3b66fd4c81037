using System.Text;
using Unmask.Text.Unicode;

namespace Unmask.Text.Tokenizers.Decoders;

/// <summary>Bytes of UTF-8 with the token that each comes from. A character comes from the token of its last byte.</summary>
internal sealed class TokenBytes
{
    private readonly List<byte> _bytes = [];
    private readonly List<int> _tokens = [];

    public int Count => _bytes.Count;

    public void Add(byte value, int token)
    {
        _bytes.Add(value);
        _tokens.Add(token);
    }

    public void RemoveFrom(int index)
    {
        _bytes.RemoveRange(index, _bytes.Count - index);
        _tokens.RemoveRange(index, _tokens.Count - index);
    }

    public void Clear() => RemoveFrom(0);

    /// <summary>The text; broken UTF-8 becomes U+FFFD.</summary>
    /// <param name="isWhole">Whether nothing was broken.</param>
    public DecodedText ToText(out bool isWhole)
    {
        isWhole = true;
        var bytes = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_bytes);
        var units = new StringBuilder(bytes.Length);
        var tokens = new List<int>(bytes.Length);
        Span<char> pair = stackalloc char[2];
        for (int at = 0; at < bytes.Length;)
        {
            isWhole &= Rune.DecodeFromUtf8(bytes[at..], out var rune, out int count) == System.Buffers.OperationStatus.Done;
            at += count;
            int length = rune.EncodeToUtf16(pair);
            for (int i = 0; i < length; i++)
            {
                units.Append(pair[i]);
                tokens.Add(_tokens[at - 1]);
            }
        }
        return new(units.ToString(), _tokens.LastOrDefault(), [.. tokens]);
    }

    /// <summary>One U+FFFD for each byte.</summary>
    public IEnumerable<DecodedText> ToBroken() => _tokens.Select(token => new DecodedText("\uFFFD", token));
}

/// <summary>Visible byte characters back to bytes, and these to text; broken UTF-8 becomes U+FFFD.</summary>
internal sealed class ByteLevelDecoder : Decoder
{
    public override List<DecodedText> Decode(List<DecodedText> tokens)
    {
        var bytes = new TokenBytes();
        foreach (var token in tokens)
        {
            int before = bytes.Count;
            bool whole = true;
            for (int i = 0; i < token.Text.Length && whole; i++)
            {
                int value = ByteCharacters.ByteOf(token.Text[i]);
                whole = value >= 0;
                if (whole) bytes.Add((byte)value, token.TokenAt(i));
            }
            if (whole) continue;
            // A token with any other character (an added one) stands for itself.
            bytes.RemoveFrom(before);
            for (int i = 0; i < token.Text.Length;)
            {
                CodePoints.At(token.Text, i, out int units);
                foreach (var value in System.Text.Encoding.UTF8.GetBytes(token.Text, i, units)) bytes.Add(value, token.TokenAt(i + units - 1));
                i += units;
            }
        }
        return [bytes.ToText(out _)];
    }
}

/// <summary>Runs of tokens &lt;0x00&gt; to &lt;0xFF&gt; become the text their bytes make, or one U+FFFD for each where they make none.</summary>
internal sealed class ByteFallbackDecoder : Decoder
{
    public override List<DecodedText> Decode(List<DecodedText> tokens)
    {
        var result = new List<DecodedText>(tokens.Count);
        var run = new TokenBytes();
        foreach (var token in tokens)
        {
            if (ByteOf(token.Text) is { } value)
            {
                run.Add(value, token.TokenAt(token.Text.Length - 1));
                continue;
            }
            Flush();
            result.Add(token);
        }
        Flush();
        return result;

        void Flush()
        {
            if (run.Count == 0) return;
            var text = run.ToText(out bool isWhole);
            if (isWhole) result.Add(text);
            else result.AddRange(run.ToBroken());
            run.Clear();
        }
    }

    private static byte? ByteOf(string token)
    {
        if (token.Length != 6 || !token.StartsWith("<0x", StringComparison.Ordinal) || token[5] != '>') return null;
        // The library reads a sign, too.
        var digits = token.AsSpan(token[3] == '+' ? 4 : 3, token[3] == '+' ? 1 : 2);
        return byte.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value) ? value : null;
    }
}
