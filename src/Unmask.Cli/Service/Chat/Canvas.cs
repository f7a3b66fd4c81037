using System.Diagnostics;
using Unmask.Cli.Generation;
using Unmask.Core.Service;
using Unmask.Engine.Sampling;
using Unmask.Engine.Text;

namespace Unmask.Cli.Service.Chat;

/// <summary>Sends what is on the canvas while a text is denoised: the first and the last step, and some twenty a second between.</summary>
/// <param name="model">Writes.</param>
/// <param name="firstShown">Tokens before this one are not part of it.</param>
/// <param name="call">Who watches.</param>
internal sealed class Canvas(TextModel model, int firstShown, Call call)
{
    private static readonly TimeSpan frameTime = TimeSpan.FromMilliseconds(50);

    private readonly HashSet<int> special = [.. model.Tokenizer.AddedTokens.Where(token => token.Value.Special).Select(token => token.Key)];
    private readonly List<WrittenToken> written = [];
    private readonly Stopwatch sinceStart = new();
    private readonly Stopwatch sinceFrame = new();
    private int steps;

    /// <summary>Takes a step of the sampler.</summary>
    public void Take(SamplerStep step)
    {
        if (step.Number == 0) sinceStart.Start();
        steps = step.Number;
        written.AddRange(step.Committed.Where(token => token.Position >= firstShown).Select(token => new WrittenToken(token.Position - firstShown, step.Number, token.Probability, special.Contains(token.Token))));
        if (step.Number > 0 && step.Number < step.Total && sinceFrame.Elapsed < frameTime) return;
        sinceFrame.Restart();
        call.Send(new GenerationFrame(step.Number, step.Total, step.MasksLeft, sinceStart.Elapsed.TotalSeconds, Texts(step.Rows[0].AsSpan(firstShown)), [.. written]));
        written.Clear();
    }

    /// <summary>What to answer in the end.</summary>
    public Generated Result(string text, int promptTokens, int newTokens, long seed) => new(text, promptTokens, newTokens, steps, sinceStart.Elapsed.TotalSeconds, seed);

    private string?[] Texts(ReadOnlySpan<int> ids)
    {
        string?[] pieces = TokenPieces.Of(model.Tokenizer, ids);
        for (var i = 0; i < ids.Length; i++)
        {
            if (ids[i] == model.Tokens.Mask) pieces[i] = null;
        }

        return pieces;
    }
}
