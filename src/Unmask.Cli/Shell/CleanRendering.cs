using Spectre.Console.Rendering;

namespace Unmask.Cli.Shell;

/// <summary>Cleans what tables, panels and live pictures show, behind the library that draws them: its own control sequences pass.</summary>
internal sealed class CleanRendering : IRenderHook
{
    public IEnumerable<IRenderable> Process(RenderOptions options, IEnumerable<IRenderable> renderables) => renderables.Select(renderable => new Cleaned(renderable));

    private sealed class Cleaned(IRenderable inner) : IRenderable
    {
        public Measurement Measure(RenderOptions options, int maxWidth) => inner.Measure(options, maxWidth);

        public IEnumerable<Segment> Render(RenderOptions options, int maxWidth) =>
            inner.Render(options, maxWidth).Select(segment => segment.IsControlCode || segment.IsLineBreak ? segment : Clean(segment));

        private static Segment Clean(Segment segment) => TerminalText.Clean(segment.Text) is var text && ReferenceEquals(text, segment.Text) ? segment : new Segment(text, segment.Style);
    }
}
