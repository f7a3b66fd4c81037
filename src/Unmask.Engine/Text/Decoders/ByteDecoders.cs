using System.Globalization;
using System.Text;
using Unmask.Engine.Text.Unicode;

namespace Unmask.Engine.Text.Decoders;

/// <summary>Visible byte characters back to bytes, and these to text; broken UTF-8 becomes U+FFFD.</summary>
internal sealed class ByteLevelDecoder : Decoder
{
    public override List<string> Decode(List<string> tokens)
    {
        var bytes = new List<byte>(tokens.Count * 4);
        foreach (var token in tokens)
        {
            int before = bytes.Count;
            bool whole = true;
            foreach (var c in token)
            {
                int value = ByteCharacters.ByteOf(c);
                if (value < 0)
                {
                    whole = false;
                    break;
                }
                bytes.Add((byte)value);
            }
            if (whole) continue;
            // A token with any other character (an added one) stands for itself.
            bytes.RemoveRange(before, bytes.Count - before);
            bytes.AddRange(System.Text.Encoding.UTF8.GetBytes(token));
        }
        return [System.Text.Encoding.UTF8.GetString(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes))];
    }
}

/// <summary>Runs of tokens &lt;0x00&gt; to &lt;0xFF&gt; become the text their bytes make, or one U+FFFD for each where they make none.</summary>
internal sealed class ByteFallbackDecoder : Decoder
{
    private static readonly UTF8Encoding _strict = new(false, true);

    public override List<string> Decode(List<string> tokens)
    {
        var result = new List<string>(tokens.Count);
        var run = new List<byte>();
        foreach (var token in tokens)
        {
            if (token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
                && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
            {
                run.Add(value);
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
            try
            {
                result.Add(_strict.GetString([.. run]));
            }
            catch (DecoderFallbackException)
            {
                for (int i = 0; i < run.Count; i++) result.Add("\uFFFD");
            }
            run.Clear();
        }
    }
}
