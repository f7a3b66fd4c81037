using System.Buffers.Binary;
using Unmask.Text.Json;
using Unmask.Text.Tokenizers.Alignment;
using Unmask.Text.Unicode;

namespace Unmask.Text.Tokenizers.Normalizers;

/// <summary>
/// SentencePiece's compiled normalization rules: a double-array trie from UTF-8 byte strings to replacements, as
/// <c>precompiled_charsmap</c> holds it (length of the trie, the trie, the replacements ending in zero bytes).
/// </summary>
internal sealed class Precompiled : Normalizer
{
    private readonly uint[] _trie;
    private readonly byte[] _replacements;

    public Precompiled(JsonField charsMap)
    {
        byte[] bytes;
        try
        {
            bytes = Convert.FromBase64String(charsMap.AsString());
        }
        catch (FormatException)
        {
            throw charsMap.Error("is not base64.");
        }
        if (bytes.Length == 0)
        {
            (_trie, _replacements) = ([], []);
            return;
        }
        if (bytes.Length < 4) throw charsMap.Error($"holds {bytes.Length} bytes, too few for a table of rules.");
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (size % 4 != 0 || size > bytes.Length - 4) throw charsMap.Error($"says that its trie has {size} bytes, but holds only {bytes.Length - 4}.");
        _trie = new uint[size / 4];
        for (int i = 0; i < _trie.Length; i++) _trie[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4 + 4 * i));
        _replacements = bytes[(4 + (int)size)..];
    }

    public override Piece Normalize(Piece piece)
    {
        var span = piece.Span;
        var changes = new List<(int CodePoint, int Change)>(span.Length);
        var rewriting = new Rewriting(piece);
        bool changed = false;
        for (int i = 0; i < span.Length;)
        {
            int length = StringInfo.GetNextTextElementLength(span[i..]);
            var cluster = span.Slice(i, length);
            i += length;
            // Rules may be for whole clusters (a letter with its marks), but only short ones are looked up.
            rewriting.CheckGrowth(changes.Count);
            if (System.Text.Encoding.UTF8.GetByteCount(cluster) < 6 && Find(cluster) is { } whole)
            {
                changed = true;
                Put(changes, cluster, whole);
                continue;
            }
            for (int k = 0; k < cluster.Length;)
            {
                int c = CodePoints.At(cluster, k, out int units);
                if (Find(cluster.Slice(k, units)) is { } one)
                {
                    changed = true;
                    Put(changes, cluster.Slice(k, units), one);
                }
                else changes.Add((c, 0));
                k += units;
            }
        }
        if (!changed) return piece;
        foreach (var (codePoint, change) in changes) rewriting.Put(codePoint, change);
        return rewriting.ToPiece();
    }

    private static void Put(List<(int CodePoint, int Change)> changes, ReadOnlySpan<char> old, string replacement)
    {
        int oldCount = 0, newCount = 0;
        foreach (var _ in old.EnumerateRunes()) oldCount++;
        foreach (var rune in replacement.EnumerateRunes())
        {
            changes.Add((rune.Value, 0));
            newCount++;
        }
        int difference = newCount - oldCount;
        for (int i = 0; i < difference && i < changes.Count; i++) changes[^(i + 1)] = (changes[^(i + 1)].CodePoint, 1);
        if (difference < 0 && changes.Count > 0) changes[^1] = (changes[^1].CodePoint, changes[^1].Change + difference);
    }

    private string? Find(ReadOnlySpan<char> text)
    {
        if (_trie.Length == 0) return null;
        Span<byte> key = stackalloc byte[System.Text.Encoding.UTF8.GetMaxByteCount(text.Length) is var n and <= 64 ? n : 64];
        if (!System.Text.Encoding.UTF8.TryGetBytes(text, key, out int length)) return null;
        uint node = Offset(_trie[0]);
        for (int i = 0; i < length; i++)
        {
            if (key[i] == 0) return null;
            node ^= key[i];
            if (node >= _trie.Length) return null;
            uint unit = _trie[node];
            if ((unit & (1u << 31 | 0xFF)) != key[i]) return null;
            node ^= Offset(unit);
            if ((unit >> 8 & 1) != 1) continue;
            // The shortest prefix with a rule decides, as in the library this follows.
            if (node >= _trie.Length) return null;
            int start = (int)(_trie[node] & 0x7FFF_FFFF);
            if (start > _replacements.Length) return null;
            var rest = _replacements.AsSpan(start);
            int end = rest.IndexOf((byte)0);
            return System.Text.Encoding.UTF8.GetString(end < 0 ? rest : rest[..end]);
        }
        return null;
    }

    private static uint Offset(uint unit) => unit >> 10 << (int)((unit & (1u << 9)) >> 6);
}
