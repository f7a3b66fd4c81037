using Spectre.Console;
using Unmask.Core.Data;
using Unmask.Engine.Lens;

namespace Unmask.Cli.Views;

/// <summary>What is masked in a row at several times, and what each masked token weighs.</summary>
internal sealed class NoisePicture(IAnsiConsole console, string lossWeights)
{
    private static readonly Style Faint = new(Color.Grey58);
    private static readonly Style Hidden = new(Color.Black, Color.Green3);

    public void Print(LensRow row, IReadOnlyList<LensNoise> noise)
    {
        console.WriteLine($"noise of training row {row.Index} in epoch {DataLens.Epoch}: _x_ is masked, followed by its CART weight; * marks the weights of this recipe", Faint);
        var cart = lossWeights.StartsWith("cart", StringComparison.Ordinal) ? lossWeights : "cart[geo_p:0.3]";
        string Name(string weight) => weight == lossWeights ? weight + "*" : weight;
        console.WriteLine($"     t   masked  {Name("uniform"),9}  {Name("scheduler"),10}  tokens; {Name(cart)}", Faint);
        foreach (var level in noise)
        {
            var share = $"{level.Masked.Length}/{row.Counts.Scored}";
            var lines = new HangingLines(console.Profile.Width).Label(
                string.Create(CultureInfo.InvariantCulture, $"{level.T,6}  {share,7}  {First(level.Weights.Uniform),9}  {First(level.Weights.Scheduler),10}  "), Style.Plain);
            AddTokens(lines, row, level);
            lines.Print(console);
        }
    }

    /// <summary>The tokens from the first that may be masked; equal ones that follow each other unmasked are counted.</summary>
    private static void AddTokens(HangingLines lines, LensRow row, LensNoise level)
    {
        var end = row.Tokens.Count(token => token.Role != TokenRole.Cut);
        for (var at = row.Tokens.TakeWhile(token => token.Role is TokenRole.Begin or TokenRole.Prompt).Count(); at < end;)
        {
            var token = row.Tokens[at];
            var masked = Array.IndexOf(level.Masked, at);
            var next = at + 1;
            if (masked >= 0)
            {
                lines.Word(($"_{LensPicture.Shown(token.Text)}_", Hidden), (Weight(level.Weights.Cart[masked]), Faint));
            }
            else
            {
                while (next < end && row.Tokens[next] == token && Array.IndexOf(level.Masked, next) < 0) next++;
                lines.Word((LensPicture.Shown(token.Text), LensPicture.StyleOf(token.Role)), (next - at > 1 ? $"\u00d7{next - at}" : "", Faint));
            }

            at = next;
        }
    }

    /// <summary>The weight that all masked tokens of a row share.</summary>
    private static string First(float[] weights) => weights.Length > 0 ? Weight(weights[0]) : Format.None;

    private static string Weight(float weight) => weight.ToString("0.###", CultureInfo.InvariantCulture);
}
