using System.Buffers.Binary;
using System.Text;

namespace Unmask.Engine.Native;

/// <summary>
/// Takes one symbol-version requirement out of a 64-bit little-endian ELF library. The bridge library of TorchSharp 0.107.0 wants
/// GLIBCXX_3.4.32 (gcc 13) for a single empty marker function, so Debian 12 and Ubuntu 22.04 refuse to load it.
/// The requirement is marked weak, and the symbols bound to it are pointed at a harmless function without arguments
/// that the library itself exports.
/// </summary>
internal static class VersionNeedPatch
{
    private const int SectionDynamicSymbols = 11;
    private const int SectionVersionSymbols = 0x6fffffff;
    private const int SectionVersionNeeds = 0x6ffffffe;
    private const ushort WeakFlag = 2;
    private const ushort GlobalVersion = 1;

    private sealed record Section(int Type, long Offset, long Size, int Link);

    /// <summary>Patches <paramref name="image"/> in place.</summary>
    /// <param name="image">The whole library file.</param>
    /// <param name="version">Version to let go, such as <c>GLIBCXX_3.4.32</c>.</param>
    /// <param name="standIn">Exported function without arguments that the orphaned symbols may call instead.</param>
    /// <returns>Whether the library held the requirement and the stand-in, so that something was changed.</returns>
    public static bool Apply(byte[] image, string version, string standIn)
    {
        if (image.Length < 64 || image[0] != 0x7f || image[1] != 'E' || image[2] != 'L' || image[3] != 'F' || image[4] != 2 || image[5] != 1) return false;
        var sections = ReadSections(image);
        var symbols = sections.FirstOrDefault(s => s.Type == SectionDynamicSymbols);
        var versions = sections.FirstOrDefault(s => s.Type == SectionVersionSymbols);
        var needs = sections.FirstOrDefault(s => s.Type == SectionVersionNeeds);
        if (symbols is null || versions is null || needs is null) return false;
        var strings = sections[symbols.Link].Offset;

        if (FindSymbolName(image, symbols, strings, standIn) is not { } standInName) return false;
        if (MakeWeak(image, needs, sections[needs.Link].Offset, version) is not { } index) return false;

        for (var i = 0; i < symbols.Size / 24; i++)
        {
            var versionAt = (int)versions.Offset + i * 2;
            if ((U16(image, versionAt) & 0x7fff) != index) continue;
            BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan((int)symbols.Offset + i * 24), standInName);
            BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(versionAt), GlobalVersion);
        }

        return true;
    }

    private static List<Section> ReadSections(byte[] image)
    {
        var table = (int)BinaryPrimitives.ReadInt64LittleEndian(image.AsSpan(0x28));
        int size = U16(image, 0x3a), count = U16(image, 0x3c);
        var sections = new List<Section>(count);
        for (var i = 0; i < count; i++)
        {
            var header = image.AsSpan(table + i * size);
            sections.Add(new Section(
                BinaryPrimitives.ReadInt32LittleEndian(header[4..]),
                BinaryPrimitives.ReadInt64LittleEndian(header[24..]),
                BinaryPrimitives.ReadInt64LittleEndian(header[32..]),
                BinaryPrimitives.ReadInt32LittleEndian(header[40..])));
        }

        return sections;
    }

    private static uint? FindSymbolName(byte[] image, Section symbols, long strings, string name)
    {
        for (var i = 0; i < symbols.Size / 24; i++)
        {
            var nameOffset = U32(image, (int)symbols.Offset + i * 24);
            if (IsString(image, strings + nameOffset, name)) return nameOffset;
        }

        return null;
    }

    private static int? MakeWeak(byte[] image, Section needs, long strings, string version)
    {
        for (var need = (int)needs.Offset; ;)
        {
            int count = U16(image, need + 2);
            var auxiliary = need + (int)U32(image, need + 8);
            for (var i = 0; i < count; i++)
            {
                if (IsString(image, strings + U32(image, auxiliary + 8), version))
                {
                    BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(auxiliary + 4), (ushort)(U16(image, auxiliary + 4) | WeakFlag));
                    return U16(image, auxiliary + 6) & 0x7fff;
                }

                auxiliary += (int)U32(image, auxiliary + 12);
            }

            var next = (int)U32(image, need + 12);
            if (next == 0) return null;
            need += next;
        }
    }

    private static bool IsString(byte[] image, long at, string text)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        return at + bytes.Length < image.Length && image.AsSpan((int)at, bytes.Length).SequenceEqual(bytes) && image[at + bytes.Length] == 0;
    }

    private static ushort U16(byte[] image, int at) => BinaryPrimitives.ReadUInt16LittleEndian(image.AsSpan(at));

    private static uint U32(byte[] image, int at) => BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan(at));
}
