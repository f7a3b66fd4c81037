using System.Text;

namespace Unmask.Cli.Shell;

/// <summary>Standard output or error with <see cref="TerminalText"/> before it, so that no command has to think of it. What the program itself sends to a terminal goes to <see cref="Inner"/>.</summary>
/// <param name="inner">Where it goes.</param>
/// <param name="isTerminal">Whether that is a terminal. Elsewhere signs of direction stay, for they are part of the text.</param>
public sealed class CleanWriter(TextWriter inner, bool isTerminal) : TextWriter
{
    /// <summary>The writer without the cleaning.</summary>
    public TextWriter Inner => inner;

    public override Encoding Encoding => inner.Encoding;

    public override IFormatProvider FormatProvider => inner.FormatProvider;

    public override void Write(char value) => inner.Write(Clean(value.ToString()));

    public override void Write(string? value) => inner.Write(value is null ? null : Clean(value));

    public override void Write(char[] buffer, int index, int count) => inner.Write(Clean(new string(buffer, index, count)));

    public override void Write(ReadOnlySpan<char> buffer) => inner.Write(Clean(buffer.ToString()));

    public override void WriteLine() => inner.WriteLine();

    public override void WriteLine(string? value) => inner.WriteLine(value is null ? null : Clean(value));

    public override void WriteLine(ReadOnlySpan<char> buffer) => inner.WriteLine(Clean(buffer.ToString()));

    public override void Flush() => inner.Flush();

    public override Task FlushAsync() => inner.FlushAsync();

    private string Clean(string text) => TerminalText.Clean(text, directions: isTerminal);
}
