using System.Text.RegularExpressions;

namespace Unmask.Engine.Objectives.Mdlm;

/// <summary>
/// Dream's context-adaptive weight of a masked token (arXiv 2508.15487, context-adaptive noise rescheduling of tokens): the more visible tokens lie near, the more it counts.
/// W(i) = sum over visible j != i of p/2 (1-p)^(|i-j|-1). All that is not masked is visible, padding included; time has no say.
/// </summary>
/// <remarks>
/// The original multiplies by an L x L matrix. Sums of a geometric kernel are a recursion, once from the left and once from the right, so this
/// takes L steps and no memory.
/// </remarks>
/// <param name="P">p, above 0 and at most 1: the nearer to 1, the more only neighbors count.</param>
/// <param name="Legacy">The form of dllm before 0.1.0: neighbors do not count, and distance d has the weight meant for d - 1.</param>
public sealed partial record CartWeight(double P, bool Legacy = false)
{
    /// <summary>The weight that a value of <c>loss_weight_type</c> names, such as <c>cart[geo_p:0.3]</c> or <c>cart_legacy[geo_p:0.3]</c>; null for others.</summary>
    public static CartWeight? Parse(string setting)
    {
        var match = Form().Match(setting);
        if (!match.Success) return null;
        var p = double.Parse(match.Groups["p"].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
        return p is > 0 and <= 1 ? new CartWeight(p, match.Groups["legacy"].Success) : null;
    }

    [GeneratedRegex(@"^cart(?<legacy>_legacy)?\[geo_p:(?<p>\d*\.?\d+)\]$", RegexOptions.CultureInvariant)]
    private static partial Regex Form();

    /// <summary>Writes the weights of one row of the batch, its whole width; 0 where nothing is masked.</summary>
    /// <param name="masked">[L].</param>
    /// <param name="weights">[L].</param>
    public void Fill(ReadOnlySpan<bool> masked, Span<float> weights)
    {
        weights.Clear();
        Sweep(masked, weights, from: 0, step: 1);
        Sweep(masked, weights, from: masked.Length - 1, step: -1);
    }

    /// <summary>Adds what the tokens on one side give. Sides are rounded to float32 before they are added, so that a mirrored row has mirrored weights.</summary>
    private void Sweep(ReadOnlySpan<bool> masked, Span<float> weights, int from, int step)
    {
        // Sum over the visible tokens passed so far of (1-p)^(distance - 1), and the same at the place before.
        double sum = 0, before = 0;
        for (var (i, left) = (from, masked.Length); left > 0; i += step, left--)
        {
            if (masked[i]) weights[i] += (float)(0.5 * P * (Legacy ? before : sum));
            before = sum;
            sum = (1 - P) * sum + (masked[i] ? 0 : 1);
        }
    }
}
