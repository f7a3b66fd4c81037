using System.Diagnostics;
using Unmask.Core.Protocol;
using Unmask.Engine.Generation;
using Unmask.Engine.Generation.Decoding;
using Unmask.Engine.Hosting.Calls;
using Unmask.Text.Tokenizers;

namespace Unmask.Engine.Hosting.Chat;

/// <summary>Sends what is on the canvas while a text is denoised: the first and the last step, and some twenty a second between.</summary>
/// <param name="model">Writes.</param>
/// <param name="firstShown">Tokens before this one are not part of it.</param>
/// <param name="call">Who watches.</param>
internal sealed class Canvas(TextDiffusionPipeline model, int firstShown, Call call)
{
    private static readonly TimeSpan frameTime = TimeSpan.FromMilliseconds(50);

    private readonly HashSet<int> special = [.. model.Tokenizer.AddedTokens.Where(token => token.Value.Special).Select(token => token.Key)];
    private readonly List<WrittenToken> written = [];
    private readonly Dictionary<int, WrittenToken> all = [];
    private readonly Stopwatch sinceStart = new();
    private readonly Stopwatch sinceFrame = new();
    private int steps;

    /// <summary>Takes a step of the sampler.</summary>
    public void Take(SamplerStep step)
    {
        if (step.Number == 0) sinceStart.Start();
        steps = step.Number;
        foreach (var token in step.Committed.Where(token => token.Position >= firstShown))
        {
            written.Add(new WrittenToken(token.Position - firstShown, step.Number, token.Probability, special.Contains(token.Token)));
            all[token.Position - firstShown] = written[^1];
        }

        if (step.Number > 0 && step.Number < step.Total && sinceFrame.Elapsed < frameTime) return;
        sinceFrame.Restart();
        call.Send(new GenerationFrame(step.Number, step.Total, step.MasksLeft, sinceStart.Elapsed.TotalSeconds, Texts(step.Rows[0].AsSpan(firstShown)), [.. written]));
        written.Clear();
    }

    /// <summary>What to answer in the end.</summary>
    public Generated Result(ReadOnlySpan<int> row, string text, int promptTokens, int newTokens, long seed)
    {
        var seconds = sinceStart.Elapsed.TotalSeconds;
        var ids = row[firstShown..];
        var pieces = TokenPieces.Of(model.Tokenizer, ids);
        var tokens = new CanvasToken[ids.Length];
        for (var at = 0; at < ids.Length; at++) tokens[at] = new CanvasToken(ids[at], pieces[at], all.GetValueOrDefault(at)?.Step ?? 0, all.GetValueOrDefault(at)?.Probability, special.Contains(ids[at]));
        return new Generated(text, promptTokens, newTokens, steps, seconds, seed) { Tokens = tokens };
    }

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
