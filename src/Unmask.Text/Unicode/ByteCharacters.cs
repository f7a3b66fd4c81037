namespace Unmask.Text.Unicode;

/// <summary>
/// GPT-2's table of visible characters for the 256 byte values: printable Latin-1 stands for itself, the rest for U+0100 and on,
/// in order.
/// </summary>
internal static class ByteCharacters
{
    private static readonly char[] _ofByte = new char[256];
    private static readonly short[] _byteOf = new short[0x180];

    static ByteCharacters()
    {
        Array.Fill(_byteOf, (short)-1);
        int next = 0x100;
        for (int b = 0; b < 256; b++)
        {
            bool printable = b is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE and <= 0xFF;
            _ofByte[b] = printable ? (char)b : (char)next++;
            _byteOf[_ofByte[b]] = (short)b;
        }
    }

    public static char Of(byte value) => _ofByte[value];

    /// <summary>The byte a character stands for, or -1.</summary>
    public static int ByteOf(char c) => c < _byteOf.Length ? _byteOf[c] : -1;
}
