using System.Diagnostics;
using Spectre.Console;
using Unmask.Engine.Generation.Decoding;

namespace Unmask.Cli.Generation;

/// <summary>Shows one row of a running sampler in the terminal, redrawn in place.</summary>
internal static class DenoisingView
{
    private static readonly TimeSpan FrameTime = TimeSpan.FromSeconds(1.0 / 16);

    /// <summary>Runs <paramref name="sample"/> and draws what it observes of its first row.</summary>
    /// <param name="console">Where to draw.</param>
    /// <param name="title">Heading of the panel.</param>
    /// <param name="colors">Paints the text.</param>
    /// <param name="firstShown">Tokens before this one are not shown.</param>
    /// <param name="sample">Called with the observer to hand to the sampler.</param>
    public static int[] Run(IAnsiConsole console, string title, TokenColors colors, int firstShown, Func<Action<SamplerStep>, int[]> sample)
    {
        int[] row = [];
        int[] writtenAt = [];
        console.Live(new Spectre.Console.Text("")).AutoClear(true).Start(live =>
        {
            var sinceFrame = Stopwatch.StartNew();
            row = sample(step =>
            {
                if (step.Number == 0) writtenAt = new int[step.Rows[0].Length];
                foreach (var commitment in step.Committed)
                {
                    if (commitment.Row == 0) writtenAt[commitment.Position] = step.Number;
                }

                // Decoding a frame costs time that belongs to the model; the last one is always drawn.
                if (step.Number > 0 && step.Number < step.Total && sinceFrame.Elapsed < FrameTime) return;
                sinceFrame.Restart();
                live.UpdateTarget(Frame(title, colors.Paint(step.Rows[0].AsSpan(firstShown), writtenAt.AsSpan(firstShown), step.Total), step));
            });
        });
        return row;
    }

    private static Panel Frame(string title, Paragraph text, SamplerStep step) => new(text)
    {
        Header = new PanelHeader($" {Markup.Escape(title)}  step {step.Number}/{step.Total}  masks {step.MasksLeft} "),
        Border = BoxBorder.Rounded,
        BorderStyle = new Style(Color.Grey42),
        Padding = new Padding(1, 0),
        Expand = true,
    };
}
