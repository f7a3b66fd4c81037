using Unmask.Engine.Data.Tables;

namespace Unmask.Engine.Data.Files.Readers;

/// <summary>
/// A sliding view of a stream: bytes from a mark to the reading position stay in memory, earlier ones are forgotten.
/// Memory is therefore bounded by the longest record. Counts lines (\n) as they pass.
/// </summary>
internal sealed class ByteWindow(Stream stream) : IDisposable
{
    /// <summary>Longest record that is read.</summary>
    public const int RecordLimit = ExpansionBudget.RecordBytes;

    private byte[] buffer = new byte[1 << 16];
    private int mark;
    private int position;
    private int end;
    private bool marked;

    /// <summary>Line of the next byte, from 1.</summary>
    public long Line { get; private set; } = 1;

    /// <summary>More than <see cref="RecordLimit"/> bytes passed since the mark; only the last of them are still held.</summary>
    public bool Overlong { get; private set; }

    /// <summary>Bytes since the mark, the last one taken included. Valid until the next byte is taken.</summary>
    public ReadOnlyMemory<byte> Marked => buffer.AsMemory(mark, position - mark);

    /// <summary>Bytes since the mark.</summary>
    public int MarkedLength => position - mark;

    /// <summary>More bytes are held since the mark than a record may have.</summary>
    public bool IsFull => marked && MarkedLength > RecordLimit;

    /// <summary>Holds on to everything from the next byte on.</summary>
    public void Mark()
    {
        Overlong = false;
        mark = position;
        marked = true;
    }

    /// <summary>Lets go of what was held.</summary>
    public void Release() => marked = false;

    /// <summary>The next byte without taking it, or -1 at the end.</summary>
    public int Peek() => position < end || Fill() ? buffer[position] : -1;

    /// <summary>Takes the next byte, or -1 at the end.</summary>
    public int Take()
    {
        if (position == end && !Fill()) return -1;
        var value = buffer[position++];
        if (value == (byte)'\n') Line++;
        return value;
    }

    /// <summary>Takes a byte-order mark if one comes next.</summary>
    public bool TakeMark()
    {
        while (end - position < 3 && Fill())
        {
        }

        if (!buffer.AsSpan(position, end - position).StartsWith("\uFEFF"u8)) return false;
        position += 3;
        return true;
    }

    /// <summary>Takes bytes up to and including the next \n (or the end); false when nothing is left.</summary>
    public bool TakeLine()
    {
        if (Peek() < 0) return false;
        while (true)
        {
            var at = buffer.AsSpan(position, end - position).IndexOf((byte)'\n');
            if (at >= 0)
            {
                position += at + 1;
                Line++;
                return true;
            }

            position = end;
            if (marked && MarkedLength >= RecordLimit)
            {
                mark = position;
                Overlong = true;
            }

            if (!Fill()) return true;
        }
    }

    /// <summary>What is in memory from the next byte on; at least one byte unless the end is reached.</summary>
    public ReadOnlySpan<byte> Ahead()
    {
        while (end - position < 1 << 15 && Fill())
        {
        }

        return buffer.AsSpan(position, end - position);
    }

    public void Dispose() => stream.Dispose();

    private bool Fill()
    {
        var from = marked ? mark : position;
        if (from > 0)
        {
            buffer.AsSpan(from, end - from).CopyTo(buffer);
            mark -= from;
            position -= from;
            end -= from;
        }

        if (end == buffer.Length) Array.Resize(ref buffer, (int)Math.Min(Array.MaxLength, buffer.Length * 2L));
        var read = stream.Read(buffer, end, buffer.Length - end);
        end += read;
        return read > 0;
    }
}
