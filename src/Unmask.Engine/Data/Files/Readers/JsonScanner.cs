using System.Text;

namespace Unmask.Engine.Data.Files.Readers;

/// <summary>Finds where JSON values begin and end, without understanding them.</summary>
internal sealed class JsonScanner(string path, OpenFile open) : IDisposable
{
    private readonly ByteWindow window = new(TextBytes.Open(path, open));

    public string Path => path;

    public long Line => window.Line;

    /// <summary>The next byte that is not white space, nor the byte-order mark of a file that was joined to another, without taking it; -1 at the end.</summary>
    public int Peek()
    {
        while (window.Peek() is ' ' or '\t' or '\r' or '\n' || (window.Peek() == 0xEF && window.TakeMark()))
        {
            if (window.Peek() is ' ' or '\t' or '\r' or '\n') window.Take();
        }

        return window.Peek();
    }

    public void Take() => window.Take();

    /// <summary>Inside an object: takes the next member's name and colon. Null at the closing brace, at the end, or where no name follows.</summary>
    public string? TakeName()
    {
        if (Peek() == ',') Take();
        if (Peek() != '"') return null;
        var text = TakeValue(out var problem);
        var name = problem is null ? Encoding.UTF8.GetString(text.Span[1..^1]) : null;
        if (Peek() != ':') return null;
        Take();
        return name;
    }

    /// <summary>Takes a whole value: its bytes, valid until more is taken, or what keeps it from being one.</summary>
    public ReadOnlyMemory<byte> TakeValue(out string? problem)
    {
        Peek();
        window.Mark();
        problem = Pass(depth: 0) ? null : window.MarkedLength > ByteWindow.RecordLimit ? TooLong() : "the file ends inside this value";
        var bytes = problem is null ? window.Marked : default;
        window.Release();
        return bytes;
    }

    /// <summary>Passes over a value without keeping it.</summary>
    public void SkipValue()
    {
        Peek();
        Pass(depth: 0);
    }

    /// <summary>Inside an array or object: passes everything up to and including its closing bracket.</summary>
    public void SkipToClose() => Pass(depth: 1);

    public void Dispose() => window.Dispose();

    private string TooLong()
    {
        // What follows of it cannot be told from what is behind it, so the rest of the file is lost.
        window.Release();
        while (window.Take() >= 0)
        {
        }

        return $"it is longer than {ByteWindow.RecordLimit >> 20} MiB, more than a row may have, or it is never closed; the rest of the file was not read";
    }

    private bool Pass(int depth)
    {
        var nested = depth > 0;
        var bare = false;
        while (true)
        {
            var next = window.Peek();
            if (next < 0) return bare && depth == 0;
            if (window.IsFull) return false;
            if (bare && depth == 0 && next is ',' or ']' or '}' or ':' or ' ' or '\t' or '\r' or '\n') return true;
            window.Take();
            switch (next)
            {
                case '"':
                    if (!PassText()) return false;
                    if (depth == 0 && !bare) return true;
                    break;
                case '{' or '[':
                    depth++;
                    nested = true;
                    break;
                case '}' or ']':
                    // A closing bracket where a value should be is taken as a (wrong) value, so that reading gets on.
                    if (--depth <= 0) return true;
                    break;
                default:
                    if (depth == 0 && !nested) bare = true;
                    break;
            }
        }
    }

    private bool PassText()
    {
        while (true)
        {
            if (window.IsFull) return false;
            switch (window.Take())
            {
                case -1:
                    return false;
                case '\\':
                    window.Take();
                    break;
                case '"':
                    return true;
            }
        }
    }
}
