using Spectre.Console;
using Spectre.Console.Rendering;

namespace Unmask.Cli.Views;

/// <summary>Words behind a label, folded so that no word is torn and every further line begins under the first word.</summary>
/// <param name="width">Columns there are.</param>
internal sealed class HangingLines(int width)
{
    private readonly Paragraph _text = new();
    private int _indent;
    private int _column;

    /// <summary>Where the words begin.</summary>
    public HangingLines Label(string text, Style style)
    {
        _text.Append(text, style);
        _indent = _column += Cells(text);
        return this;
    }

    /// <summary>One word of parts that stay together.</summary>
    public void Word(params ReadOnlySpan<(string Text, Style Style)> parts)
    {
        var cells = 0;
        foreach (var (text, _) in parts) cells += Cells(text);
        if (_column > _indent && _column + 1 + cells > width)
        {
            _text.Append("\n" + new string(' ', _indent));
            _column = _indent;
        }
        else if (_column > _indent)
        {
            _text.Append(" ");
            _column++;
        }

        foreach (var (text, style) in parts) _text.Append(text, style);
        _column += cells;
    }

    public void Print(IAnsiConsole console)
    {
        console.Write(_text);
        console.WriteLine();
    }

    private static int Cells(string text) => Segment.CellCount([new Segment(text)]);
}
