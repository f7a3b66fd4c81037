using System.IO.Hashing;
using System.Text;
using Unmask.Engine.Modeling.Sequences;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Regularization;

/// <summary>What the dropouts of a pass through the model draw from.</summary>
/// <param name="Training">Whether units are dropped at all.</param>
/// <param name="Tokens_N">Names of the tokens; null where the caller gave none.</param>
internal readonly record struct DropoutKeys(bool Training, TokenKey[]? Tokens_N);

/// <summary>
/// One dropout of a model (arXiv 1207.0580): while the model trains, each unit becomes 0 with a probability p and the others are divided by 1 - p.
/// Nothing is drawn from a generator: see <see cref="TokenKey"/>.
/// </summary>
/// <param name="path">Place in the model; dropouts of different paths are independent.</param>
/// <param name="probability">p, from 0 to below 1.</param>
internal sealed class Dropout(string path, double probability)
{
    private readonly ulong site = XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(path));

    /// <summary>Rows [N, W] of the tokens of <paramref name="keys"/>, some units dropped while training.</summary>
    public Tensor Apply(Tensor x_NW, DropoutKeys keys) => During(keys) is { } active ? active.Apply(x_NW) : x_NW;

    /// <summary>This dropout in one pass; null where nothing is dropped.</summary>
    /// <exception cref="InvalidOperationException">The model trains and its tokens have no names.</exception>
    public ActiveDropout? During(DropoutKeys keys)
    {
        if (!keys.Training || probability == 0) return null;
        var tokens = keys.Tokens_N ?? throw new InvalidOperationException($"{path} drops units in training, and the tokens come without keys to choose them by. Give the sequences DropoutKeys_N, or set Training to false.");
        return new ActiveDropout(site, probability, tokens);
    }
}

/// <summary>A dropout and the tokens of the pass that it is in.</summary>
internal sealed record ActiveDropout(ulong Site, double Probability, TokenKey[] Tokens_N)
{
    /// <summary>Rows [N, W], one of each token.</summary>
    public Tensor Apply(Tensor x_NW) => KeyedDropout.Apply(x_NW, new DropoutLines(this, First: 0, Heads: 1, Length: 1));

    /// <summary>Attention weights [B, H, L, L] of B sequences of equal length, of which the first begins at token <paramref name="first"/>.</summary>
    public Tensor ApplyToWeights(Tensor weights_BHLL, int first) =>
        KeyedDropout.Apply(weights_BHLL, new DropoutLines(this, first, (int)weights_BHLL.shape[1], (int)weights_BHLL.shape[2]));
}
