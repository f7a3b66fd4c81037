using Unmask.Text.Unicode;

namespace Unmask.Text.Tokenizers.Alignment;

/// <summary>
/// Writes a changed form of a piece and keeps the alignment by the rules of Hugging Face's <c>NormalizedString::transform</c>: a
/// written code point either replaces the next one of the piece (change 0), replaces it and swallows some after it (change
/// below 0), or is new (change above 0) and then shares the origin of the code point read last.
/// </summary>
internal sealed class Rewriting
{
    private readonly Piece _piece;
    private char[] _units;
    private int[] _starts;
    private int[] _ends;
    private int _length;
    private int _read;

    public Rewriting(Piece piece)
    {
        _piece = piece;
        var capacity = piece.Length + 16;
        _units = new char[capacity];
        _starts = new int[capacity];
        _ends = new int[capacity];
    }

    /// <summary>Drops <paramref name="count"/> code points of the piece that nothing replaces.</summary>
    public void Skip(int count)
    {
        var span = _piece.Span;
        for (; count > 0 && _read < span.Length; count--)
        {
            CodePoints.At(span, _read, out int units);
            _read += units;
        }
    }

    public void Put(int codePoint, int change)
    {
        (int Start, int End) origin;
        if (change > 0) origin = LastOrigin();
        else
        {
            origin = _read < _piece.Length ? OriginOfNext() : LastOrigin();
            Skip(1 - change);
        }
        Append(codePoint, origin);
    }

    /// <summary>Copies the next <paramref name="units"/> UTF-16 units as they are.</summary>
    public void Copy(int units)
    {
        Reserve(units);
        for (int i = 0; i < units; i++, _read++, _length++)
        {
            _units[_length] = _piece.Span[_read];
            (_starts[_length], _ends[_length]) = _piece.OriginOf(_read);
        }
    }

    public Piece ToPiece() =>
        new(new AlignedText(_units[.._length], _starts[.._length], _ends[.._length], _piece.Text.Limit), 0, _length, _piece.OriginalStart);

    private (int, int) LastOrigin() => _read == 0 ? (_piece.OriginalStart, _piece.OriginalStart) : _piece.OriginOf(_read - 1);

    private (int Start, int End) OriginOfNext()
    {
        // Both halves of a surrogate pair stand for the whole code point.
        CodePoints.At(_piece.Span, _read, out int units);
        return (_piece.OriginOf(_read).Start, _piece.OriginOf(_read + units - 1).End);
    }

    private void Append(int codePoint, (int Start, int End) origin)
    {
        Reserve(2);
        if (codePoint >= 0x10000)
        {
            codePoint -= 0x10000;
            Append((char)(0xD800 + (codePoint >> 10)), origin);
            codePoint = 0xDC00 + (codePoint & 0x3FF);
        }
        Append((char)codePoint, origin);
    }

    private void Append(char unit, (int Start, int End) origin)
    {
        _units[_length] = unit;
        _starts[_length] = origin.Start;
        _ends[_length++] = origin.End;
    }

    /// <summary>Refuses a text that grows out of all measure.</summary>
    public void CheckGrowth(long length)
    {
        if (length > _piece.Text.Limit)
            throw new UserError($"The tokenizer's normalizers make a text grow to more than {_piece.Text.Limit:N0} characters, a hundred times what it was. Check the normalizer of its tokenizer.json.");
    }

    private void Reserve(int more)
    {
        if (_length + more <= _units.Length) return;
        CheckGrowth((long)_length + more);
        var capacity = Math.Max(_units.Length * 2, _length + more);
        Array.Resize(ref _units, capacity);
        Array.Resize(ref _starts, capacity);
        Array.Resize(ref _ends, capacity);
    }
}
