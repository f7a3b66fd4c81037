using System.Text.RegularExpressions;
using Unmask.Engine.Modeling.Blocks;
using Unmask.Engine.Tensors;
using Unmask.Engine.Training.Parallel;

using static TorchSharp.torch;

namespace Unmask.Engine.Training.Optimization;

/// <summary>Settings of <see cref="AdamW"/>.</summary>
/// <param name="WeightDecay">Decoupled decay; biases and norms are left out (<see cref="AdamW.Decays"/>).</param>
public sealed record AdamWOptions(double Beta1 = 0.9, double Beta2 = 0.999, double Epsilon = 1e-8, double WeightDecay = 0);

/// <summary>A tensor of the optimizer's state, or a part of one.</summary>
/// <param name="Name">Kind and parameter.</param>
/// <param name="From">First element of the part.</param>
/// <param name="Value">Shaped as the parameter where it is whole, else flat.</param>
public sealed record OptimizerTensor(string Name, long From, Tensor Value);

/// <summary>
/// AdamW (Loshchilov and Hutter 2019, algorithm 2) on LibTorch's fused kernel. Moments are float32. A bfloat16 parameter is the rounded half of a
/// float32 weight whose other 16 bits are kept here: an update smaller than half a unit in the last place would vanish otherwise,
/// and a float32 copy would take twice the memory. Float16, whose range is smaller, has such a copy.
/// </summary>
public sealed partial class AdamW : IDisposable
{
    private sealed record Slot(string Name, WeightRange Range, Tensor Parameter, Tensor? LowBits, Tensor? Master, Tensor FirstMoment, Tensor SecondMoment, bool Decays);

    private readonly AdamWOptions _options;
    private readonly WeightShards _shards;
    private readonly GradientSharing _sharing;
    private readonly List<Slot> _slots = [];
    private readonly Tensor _step;
    private readonly Tensor _divisor;

    /// <param name="parameters">Float32, bfloat16 or float16, contiguous; updated in place.</param>
    /// <param name="options">Settings of the update.</param>
    /// <param name="sharing">How gradients are added up; null for one process.</param>
    /// <param name="divided">Whether each process updates a part of the weights, whose state it alone holds (ZeRO stage 1).</param>
    public AdamW(IReadOnlyList<NamedParameter> parameters, AdamWOptions options, GradientSharing? sharing = null, bool divided = false)
    {
        (_options, _sharing) = (options, sharing ?? GradientSharing.None);
        _shards = new WeightShards(parameters, divided ? _sharing.Ranks.Size : 1);
        Gradients = new GradientSums(parameters, _shards, _sharing);
        using var noGrad = no_grad();
        var device = parameters[0].Value.device;
        _step = zeros([], ScalarType.Float32, device).DetachFromDisposeScope();
        _divisor = ones([], ScalarType.Float32, device).DetachFromDisposeScope();
        foreach (var (name, value) in parameters)
        {
            if (value.dtype is not (ScalarType.Float32 or ScalarType.BFloat16 or ScalarType.Float16)) throw new ArgumentException($"{name} is {value.dtype}; float32, bfloat16 or float16 is needed.", nameof(parameters));
        }

        foreach (var range in _shards.OwnedBy(divided ? _sharing.Ranks.Rank : 0))
        {
            var (name, value) = parameters[range.Parameter];
            Tensor Zeros(ScalarType dtype) => zeros(range.Count == value.numel() ? value.shape : [range.Count], dtype, device).DetachFromDisposeScope();
            var master = value.dtype == ScalarType.Float16 ? Zeros(ScalarType.Float32) : null;
            master?.view(-1).copy_(range.Of(value));
            _slots.Add(new Slot(name, range, value, value.dtype == ScalarType.BFloat16 ? Zeros(ScalarType.Int16) : null, master, Zeros(ScalarType.Float32), Zeros(ScalarType.Float32), Decays(name)));
        }
    }

    /// <summary>Number of this process among those that divide the state, and how many they are; (0, 1) where it is not divided.</summary>
    public (int Part, int Parts) Division => _shards.Processes == 1 ? (0, 1) : (_sharing.Ranks.Rank, _shards.Processes);

    /// <summary>What the next update is made from.</summary>
    public GradientSums Gradients { get; }

    /// <summary>Updates done so far.</summary>
    public long Steps { get; private set; }

    /// <summary>Whether weight decay applies to a parameter: not to biases and norms, judged by name as Hugging Face's trainer does.</summary>
    public static bool Decays(string name) => !NoDecay().IsMatch(name);

    [GeneratedRegex(@"bias|layernorm|rmsnorm|(^|\.)norm($|\.)|_norm($|\.)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex NoDecay();

    /// <summary>One update from the gradients that the parameters hold. Gradients are consumed: they are gone afterwards.</summary>
    /// <param name="learningRate">Learning rate of this step.</param>
    /// <param name="gradientFactor">Factor on every gradient, from clipping; 1 leaves them.</param>
    public void Step(double learningRate, double gradientFactor = 1)
    {
        using var noGrad = no_grad();
        Steps++;
        _step.fill_(Steps);
        _divisor.fill_(1 / gradientFactor);
        using var decayed = Numbers(learningRate, _options.WeightDecay);
        using var undecayed = Numbers(learningRate, 0);
        foreach (var slot in _slots)
        {
            using var scope = NewDisposeScope();
            if (Gradients.Of(slot.Range) is not { } gradient_E) continue;
            Update(slot, gradient_E, slot.Decays ? decayed : undecayed);
            Gradients.Drop(slot.Range.Parameter);
        }

        Gradients.Drop();
        _shards.Spread(_sharing.Ranks);
    }

    private void Update(Slot slot, Tensor gradient_E, Tensor numbers)
    {
        var (weight_E, first_E, second_E, low_E, master_E) = (slot.Range.Of(slot.Parameter), slot.FirstMoment.view(-1), slot.SecondMoment.view(-1), slot.LowBits?.view(-1), slot.Master?.view(-1));
        // Pieces, so that neither a whole weight nor a whole gradient is ever there twice.
        for (long at = 0; at < weight_E.numel(); at += WeightShards.PieceElements)
        {
            using var scope = NewDisposeScope();
            Tensor Piece(Tensor whole) => whole.narrow(0, at, Math.Min(WeightShards.PieceElements, weight_E.numel() - at));
            var weight = low_E is not null ? TorchScriptOperators.JoinHalves(Piece(weight_E), Piece(low_E)) : Piece(master_E ?? weight_E);
            TorchScriptOperators.FusedAdamW(
                [weight], [Piece(gradient_E).to(ScalarType.Float32)], [Piece(first_E)], [Piece(second_E)], [_step], numbers, _divisor);
            if (low_E is not null) TorchScriptOperators.SplitHalves(weight, Piece(weight_E), Piece(low_E));
            else if (master_E is not null) Piece(weight_E).copy_(weight);
        }
    }

    private Tensor Numbers(double learningRate, double weightDecay) =>
        tensor(new[] { learningRate, _options.Beta1, _options.Beta2, weightDecay, _options.Epsilon }, ScalarType.Float64);

    /// <summary>What a checkpoint must hold beside the weights, of those that this process updates: moments, and what weights of 16 bits lack of float32.</summary>
    public IEnumerable<OptimizerTensor> State()
    {
        foreach (var slot in _slots)
        {
            yield return new OptimizerTensor($"exp_avg.{slot.Name}", slot.Range.From, slot.FirstMoment);
            yield return new OptimizerTensor($"exp_avg_sq.{slot.Name}", slot.Range.From, slot.SecondMoment);
            if (slot.LowBits is { } lowBits) yield return new OptimizerTensor($"low_bits.{slot.Name}", slot.Range.From, lowBits);
            if (slot.Master is { } master) yield return new OptimizerTensor($"master.{slot.Name}", slot.Range.From, master);
        }
    }

    /// <summary>Tells how many updates the weights and the state just loaded into <see cref="State"/>'s tensors have behind them.</summary>
    public void Restore(long steps) => Steps = steps;

    public void Dispose()
    {
        Gradients.Dispose();
        foreach (var slot in _slots)
        {
            slot.FirstMoment.Dispose();
            slot.SecondMoment.Dispose();
            slot.LowBits?.Dispose();
            slot.Master?.Dispose();
        }

        _step.Dispose();
        _divisor.Dispose();
    }
}
