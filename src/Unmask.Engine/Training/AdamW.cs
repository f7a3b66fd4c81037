using System.Text.RegularExpressions;

using Unmask.Engine.Models;
using Unmask.Engine.Native;

using static TorchSharp.torch;

namespace Unmask.Engine.Training;

/// <summary>Settings of <see cref="AdamW"/>.</summary>
/// <param name="WeightDecay">Decoupled decay; biases and norms are left out (<see cref="AdamW.Decays"/>).</param>
public sealed record AdamWOptions(double Beta1 = 0.9, double Beta2 = 0.999, double Epsilon = 1e-8, double WeightDecay = 0);

/// <summary>
/// AdamW (Loshchilov and Hutter 2019, algorithm 2) on LibTorch's fused kernel. Moments are float32. A bfloat16 parameter is the rounded half of a
/// float32 weight whose other 16 bits are kept here: an update smaller than half a unit in the last place would vanish otherwise,
/// and a float32 copy would take twice the memory.
/// </summary>
public sealed partial class AdamW : IDisposable
{
    private const long PieceElements = 1 << 18;

    private sealed record Slot(string Name, Tensor Parameter, Tensor? LowBits, Tensor FirstMoment, Tensor SecondMoment, bool Decays)
    {
        /// <summary>Float32 sum of the gradients of the micro-batches so far, where the parameter's own gradient is less precise.</summary>
        public Tensor? Accumulated { get; set; }

        public Tensor? Gradient => Accumulated ?? Parameter.grad;
    }

    private readonly AdamWOptions _options;
    private readonly List<Slot> _slots = [];
    private readonly Tensor _step;
    private readonly Tensor _divisor;

    /// <param name="parameters">Float32 or bfloat16, contiguous; updated in place.</param>
    /// <param name="options">Settings of the update.</param>
    public AdamW(IReadOnlyList<NamedParameter> parameters, AdamWOptions options)
    {
        _options = options;
        using var noGrad = no_grad();
        var device = parameters[0].Value.device;
        _step = zeros([], ScalarType.Float32, device).DetachFromDisposeScope();
        _divisor = ones([], ScalarType.Float32, device).DetachFromDisposeScope();
        foreach (var (name, value) in parameters)
        {
            if (value.dtype is not (ScalarType.Float32 or ScalarType.BFloat16)) throw new ArgumentException($"{name} is {value.dtype}; float32 or bfloat16 is needed.", nameof(parameters));
            Tensor Zeros(ScalarType dtype) => zeros(value.shape, dtype, device).DetachFromDisposeScope();
            _slots.Add(new Slot(name, value, value.dtype == ScalarType.BFloat16 ? Zeros(ScalarType.Int16) : null, Zeros(ScalarType.Float32), Zeros(ScalarType.Float32), Decays(name)));
        }
    }

    /// <summary>Updates done so far.</summary>
    public long Steps { get; private set; }

    /// <summary>Whether weight decay applies to a parameter: not to biases and norms, judged by name as Hugging Face's trainer does.</summary>
    public static bool Decays(string name) => !NoDecay().IsMatch(name);

    [GeneratedRegex(@"bias|layernorm|rmsnorm|(^|\.)norm($|\.)|_norm($|\.)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex NoDecay();

    /// <summary>
    /// Called after each of several micro-batches: adds gradients below float32 to float32 sums, so that many small ones do not round away.
    /// Float32 gradients add up where they are.
    /// </summary>
    public void AccumulateGradients()
    {
        using var noGrad = no_grad();
        foreach (var slot in _slots.Where(s => s.LowBits is not null))
        {
            using var scope = NewDisposeScope();
            if (slot.Parameter.grad is not { } gradient) continue;
            if (slot.Accumulated is { } sum) sum.add_(gradient);
            else slot.Accumulated = gradient.to(ScalarType.Float32).DetachFromDisposeScope();
            slot.Parameter.grad = null;
        }
    }

    /// <summary>Forgets the gradients of a step that is not taken.</summary>
    public void DropGradients()
    {
        foreach (var slot in _slots) Drop(slot);
    }

    private static void Drop(Slot slot)
    {
        slot.Parameter.grad = null;
        slot.Accumulated?.Dispose();
        slot.Accumulated = null;
    }

    /// <summary>Euclidean norm over the gradients of all parameters, in float32.</summary>
    public double GradientNorm()
    {
        using var scope = NewDisposeScope();
        var gradients = _slots.Select(s => s.Gradient).OfType<Tensor>().ToArray();
        // Host sync: the norm decides about clipping and whether the step may be taken at all.
        return gradients.Length == 0 ? 0 : TorchScriptOperators.TotalNorm(gradients).item<float>();
    }

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
            if (slot.Gradient is not { } gradient) continue;
            Update(slot, gradient.reshape(-1), slot.Decays ? decayed : undecayed);
            Drop(slot);
        }
    }

    private void Update(Slot slot, Tensor gradient_E, Tensor numbers)
    {
        var (weight_E, first_E, second_E, low_E) = (slot.Parameter.view(-1), slot.FirstMoment.view(-1), slot.SecondMoment.view(-1), slot.LowBits?.view(-1));
        // Pieces, so that neither a whole weight nor a whole gradient is ever there twice.
        for (long at = 0; at < weight_E.numel(); at += PieceElements)
        {
            using var scope = NewDisposeScope();
            Tensor Piece(Tensor whole) => whole.narrow(0, at, Math.Min(PieceElements, weight_E.numel() - at));
            var weight = low_E is null ? Piece(weight_E) : TorchScriptOperators.JoinHalves(Piece(weight_E), Piece(low_E));
            TorchScriptOperators.FusedAdamW(
                [weight], [Piece(gradient_E).to(ScalarType.Float32)], [Piece(first_E)], [Piece(second_E)], [_step], numbers, _divisor);
            if (low_E is not null) TorchScriptOperators.SplitHalves(weight, Piece(weight_E), Piece(low_E));
        }
    }

    private Tensor Numbers(double learningRate, double weightDecay) =>
        tensor(new[] { learningRate, _options.Beta1, _options.Beta2, weightDecay, _options.Epsilon }, ScalarType.Float64);

    /// <summary>What a checkpoint must hold beside the weights: moments, and the low bits of weights that are not float32.</summary>
    public IEnumerable<NamedParameter> State()
    {
        foreach (var slot in _slots)
        {
            yield return new NamedParameter($"exp_avg.{slot.Name}", slot.FirstMoment);
            yield return new NamedParameter($"exp_avg_sq.{slot.Name}", slot.SecondMoment);
            if (slot.LowBits is { } lowBits) yield return new NamedParameter($"low_bits.{slot.Name}", lowBits);
        }
    }

    /// <summary>Tells how many updates the weights and the state just loaded into <see cref="State"/>'s tensors have behind them.</summary>
    public void Restore(long steps) => Steps = steps;

    public void Dispose()
    {
        foreach (var slot in _slots)
        {
            Drop(slot);
            slot.FirstMoment.Dispose();
            slot.SecondMoment.Dispose();
            slot.LowBits?.Dispose();
        }

        _step.Dispose();
        _divisor.Dispose();
    }
}
