using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Sequences;
using static TorchSharp.torch;

namespace Unmask.Engine.Generation.Decoding;

/// <summary>A token proposed for a position.</summary>
/// <param name="Commitment">What is written if it is kept.</param>
/// <param name="Confidence">How sure the model is, by the chosen measure; higher is surer.</param>
internal readonly record struct Prediction(Commitment Commitment, float Confidence);

/// <summary>
/// Predicts tokens at chosen positions of a canvas. Only rows with such positions are encoded and only these positions get
/// logits, in chunks of bounded size. Dimensions: D width, C positions of a chunk, V vocabulary.
/// </summary>
internal sealed class TokenPredictor
{
    private const long LogitsBudgetBytes = 32L << 20;
    private readonly MaskedLanguageModel _model;
    private readonly SamplerOptions _options;
    private readonly int[][] _rows;
    private readonly bool[][]? _hidden;
    private readonly int _mask;
    private readonly int[] _suppressed;

    public TokenPredictor(MaskedLanguageModel model, SamplerTokens tokens, SamplerOptions options, int[][] rows)
    {
        _model = model;
        _options = options;
        _rows = rows;
        _mask = tokens.Mask;
        _suppressed = [.. options.SuppressTokens.Union(tokens.NeverWritten)];
        if (options.CfgScale > 0)
        {
            // What the unguided half does not see: everything given at the start, except the tokens to keep.
            _hidden = [.. rows.Select(row => row.Select(id => id != tokens.Mask && !options.CfgKeepTokens.Contains(id)).ToArray())];
        }
    }

    /// <param name="positions">Where to predict, grouped by row.</param>
    /// <param name="uniforms">One number in [0, 1) for each position when tokens are drawn; null takes the most probable token.</param>
    public List<Prediction> Predict(IReadOnlyList<(int Row, int Position)> positions, double[]? uniforms)
    {
        var wasTraining = _model.Training;
        _model.Training = false;
        try
        {
            using var scope = NewDisposeScope();
            using var quiet = no_grad();
            var seen = positions.Select(p => p.Row).Distinct().ToArray();
            var hidden_PD = Encode(seen, positions, row => _rows[row]);
            var unguided_PD = _hidden is null ? null : Encode(seen, positions, Unguided);
            var results = new List<Prediction>(positions.Count);
            var chunkRows = (int)Math.Max(64, LogitsBudgetBytes / (sizeof(float) * (long)_model.VocabularySize));
            for (var start = 0; start < positions.Count; start += chunkRows)
            {
                using var chunk = NewDisposeScope();
                var count = Math.Min(chunkRows, positions.Count - start);
                var logits_CV = Logits(hidden_PD, unguided_PD, start, count);
                var tokens_C = uniforms is null ? logits_CV.argmax(-1) : Draw(Drawable(logits_CV), uniforms.AsSpan(start, count));
                if (_options.BeginSuppressTokens.Count > 0) logits_CV = Suppressed(logits_CV, _options.BeginSuppressTokens);
                var probabilities_C = nn.functional.softmax(logits_CV, -1).gather(1, tokens_C.unsqueeze(1)).squeeze(1);
                var confidences_C = _options.Rule.IsOfDrawn
                    ? _options.Rule.Confidence(nn.functional.softmax(Drawable(logits_CV), -1), tokens_C).to(ScalarType.Float32)
                    : probabilities_C;
                // Host sync: the choice of positions is made on the host, once a step.
                var tokens = tokens_C.cpu().data<long>();
                var probabilities = probabilities_C.cpu().data<float>();
                var confidences = confidences_C.cpu().data<float>();
                for (var i = 0; i < count; i++)
                {
                    var (row, position) = positions[start + i];
                    if (!float.IsFinite(probabilities[i]) || !float.IsFinite(confidences[i])) throw NotFinite();
                    results.Add(new Prediction(new Commitment(row, position, (int)tokens[i], probabilities[i]), confidences[i]));
                }
            }

            return results;
        }
        finally
        {
            _model.Training = wasTraining;
        }
    }

    private Tensor Encode(int[] seen, IReadOnlyList<(int Row, int Position)> positions, Func<int, int[]> idsOf)
    {
        var ids = new List<long>();
        var starts = new Dictionary<int, long>();
        foreach (var row in seen)
        {
            starts[row] = ids.Count;
            ids.AddRange(idsOf(row).Select(id => (long)id));
        }

        var packed = new PackedSequences(tensor(ids.ToArray(), device: _model.Device), [.. seen.Select(row => _rows[row].Length)]);
        var shift = _options.RightShiftLogits ? 1 : 0;
        var at = positions.Select(p => starts[p.Row] + Math.Max(0, p.Position - shift)).ToArray();
        return _model.Encode(packed).index_select(0, tensor(at, device: _model.Device));
    }

    private int[] Unguided(int row)
    {
        var ids = (int[])_rows[row].Clone();
        for (var j = 0; j < ids.Length; j++)
        {
            if (_hidden![row][j]) ids[j] = _mask;
        }

        return ids;
    }

    private Tensor Logits(Tensor hidden_PD, Tensor? unguided_PD, int start, int count)
    {
        var logits_CV = _model.Head(hidden_PD.narrow(0, start, count)).to(ScalarType.Float32);
        if (unguided_PD is not null)
        {
            var unguided_CV = _model.Head(unguided_PD.narrow(0, start, count)).to(ScalarType.Float32);
            logits_CV = unguided_CV + (logits_CV - unguided_CV) * (_options.CfgScale + 1);
        }

        return _suppressed.Length > 0 ? Suppressed(logits_CV, _suppressed) : logits_CV;
    }

    private static Tensor Suppressed(Tensor logits_CV, IReadOnlyList<int> tokens) => logits_CV.index_fill(
        1, tensor(tokens.Select(token => (long)token).ToArray(), device: logits_CV.device), float.NegativeInfinity);

    /// <summary>Logits of the distribution that tokens are drawn from: tempered, then without the improbable tokens.</summary>
    private Tensor Drawable(Tensor logits_CV) => TokenFilter.Apply(
        _options.Temperature > 0 ? logits_CV.to(ScalarType.Float64) / _options.Temperature : logits_CV, _options.TopK, _options.TopP);

    /// <summary>
    /// Draws from softmax(logits) by inverting the cumulative sum, in double: the law of the original's Gumbel trick
    /// with one random number a position instead of one for each token of the vocabulary.
    /// </summary>
    private static Tensor Draw(Tensor logits_CV, ReadOnlySpan<double> uniforms)
    {
        var cumulative_CV = nn.functional.softmax(logits_CV, -1).cumsum(-1);
        var threshold_C = tensor(uniforms.ToArray(), device: logits_CV.device).unsqueeze(1) * cumulative_CV.narrow(1, cumulative_CV.shape[1] - 1, 1);
        // Entries up to the threshold, that is the index of the first above it.
        return cumulative_CV.le(threshold_C).sum(-1).clamp_max(cumulative_CV.shape[1] - 1);
    }

    private static UserError NotFinite() =>
        new("The model gave logits that are not finite numbers; its weights are damaged or training diverged. Use an earlier checkpoint.");
}
