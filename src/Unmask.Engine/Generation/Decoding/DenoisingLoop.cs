using Unmask.Engine.Modeling;
using Unmask.Engine.Tensors;

namespace Unmask.Engine.Generation.Decoding;

/// <summary>One row's part of a block: masks in [CountStart, End) set how many tokens are revealed, masks in [From, End) may be.</summary>
internal readonly record struct DenoisingWindow(int From, int CountStart, int End);

/// <summary>
/// The denoising of one batch. Rows are independent: a row that has nothing left to reveal in a block is not computed, and
/// its random numbers depend on its own key, block and step only.
/// </summary>
internal sealed class DenoisingLoop
{
    private readonly TokenPredictor _predictor;
    private readonly SamplerOptions _options;
    private readonly AcceptRule _rule;
    private readonly int _mask;
    private readonly int[][] _rows;
    private readonly long[] _rowKeys;
    private readonly DenoisingWindow[][] _blocks;
    private readonly int[][][] _counts;
    private readonly int _stepsPerBlock;

    /// <param name="rows">Canvas of each row; filled in place.</param>
    /// <param name="rowKeys">Names of the rows for their random numbers.</param>
    /// <param name="blocks">[block][row].</param>
    public DenoisingLoop(
        MaskedLanguageModel model, SamplerTokens tokens, SamplerOptions options, int[][] rows, long[] rowKeys, DenoisingWindow[][] blocks)
    {
        _predictor = new TokenPredictor(model, tokens, options, rows);
        _options = options;
        _rule = options.Rule;
        _mask = tokens.Mask;
        _rows = rows;
        _rowKeys = rowKeys;
        _blocks = blocks;
        _stepsPerBlock = (options.Steps + blocks.Length - 1) / blocks.Length;
        // A block writes nothing behind its end, so the masks that later blocks will count are known now.
        _counts = [.. blocks.Select((block, number) => block.Select((window, row) => CountsOf(number, row, window)).ToArray())];
    }

    public void Run(Action<SamplerStep>? observer, CancellationToken cancellation)
    {
        var total = _counts.Sum(block => block.Max(row => row.Length));
        var number = 0;
        observer?.Invoke(new SamplerStep(number, total, _rows, MasksLeft(), []));
        for (var block = 0; block < _blocks.Length; block++)
        {
            var steps = _counts[block].Max(row => row.Length);
            for (var step = 0; step < steps; step++)
            {
                cancellation.ThrowIfCancellationRequested();
                var committed = Step(block, step);
                number++;
                observer?.Invoke(new SamplerStep(number, total, _rows, MasksLeft(), committed));
            }
        }
    }

    private List<Commitment> Step(int block, int step)
    {
        var stepKey = block * _stepsPerBlock + step;
        var candidates = new List<(int Row, int Position)>();
        var quotas = new Dictionary<int, int>();
        for (var row = 0; row < _rows.Length; row++)
        {
            if (step >= _counts[block][row].Length) continue;
            quotas[row] = _counts[block][row][step];
            var window = _blocks[block][row];
            var masks = new List<(int Row, int Position)>();
            for (var j = window.From; j < window.End; j++)
            {
                if (_rows[row][j] == _mask) masks.Add((row, j));
            }

            // A random choice needs no logits, so it is made first and only the chosen positions are predicted.
            if (_rule.IsRandom)
            {
                var key = new NoiseKey(_options.Seed, NoiseStream.SamplingOrder);
                masks = [.. masks.OrderByDescending(m => key.UniformDouble(stepKey, _rowKeys[row], m.Position)).ThenBy(m => m.Position).Take(quotas[row])];
            }

            candidates.AddRange(masks);
        }

        if (candidates.Count == 0) return [];
        var predictions = _predictor.Predict(candidates, _options.Temperature > 0 ? TokenUniforms(candidates, stepKey) : null);
        var committed = predictions.GroupBy(p => p.Commitment.Row)
            .SelectMany(row => row.OrderByDescending(p => Rank(p, stepKey)).ThenBy(p => p.Commitment.Position).Take(quotas[row.Key])).Select(p => p.Commitment).ToList();
        foreach (var commitment in committed) _rows[commitment.Row][commitment.Position] = commitment.Token;
        return committed;
    }

    /// <summary>What the surest come first by. Gumbel noise on scores orders them as drawing without replacement from their softmax does.</summary>
    private double Rank(Prediction prediction, int stepKey)
    {
        if (_options.ConfidenceTemperature == 0 || _rule.IsRandom) return prediction.Confidence;
        var (row, position, _, _) = prediction.Commitment;
        var uniform = new NoiseKey(_options.Seed, NoiseStream.SamplingOrder).UniformDouble(stepKey, _rowKeys[row], position);
        return prediction.Confidence / _options.ConfidenceTemperature - Math.Log(-Math.Log(uniform));
    }

    private double[] TokenUniforms(List<(int Row, int Position)> candidates, int stepKey)
    {
        var key = new NoiseKey(_options.Seed, NoiseStream.SamplingToken);
        return [.. candidates.Select(c => key.UniformDouble(stepKey, _rowKeys[c.Row], c.Position))];
    }

    private int[] CountsOf(int block, int row, DenoisingWindow window)
    {
        var masked = 0;
        for (var j = window.CountStart; j < window.End; j++)
        {
            if (_rows[row][j] == _mask) masked++;
        }

        var key = new NoiseKey(_options.Seed, NoiseStream.SamplingCount);
        double Uniform(int step, int trial) => key.UniformDouble(block * _stepsPerBlock + step, _rowKeys[row], trial);
        return _rule.Counts(masked, _stepsPerBlock, _options, Uniform);
    }

    private int MasksLeft() => _rows.Sum(row => row.Count(id => id == _mask));
}
