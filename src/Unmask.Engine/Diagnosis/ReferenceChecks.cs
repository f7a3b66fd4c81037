using TorchSharp;
using Unmask.Engine.Modeling;
using Unmask.Engine.Training.Optimization;

using static TorchSharp.torch;

namespace Unmask.Engine.Diagnosis;

/// <summary>What a device must compute as the original programs did, for one reference model: forward, loss, gradient, steps, adapters, 4 bits, generation.</summary>
/// <param name="model">The model.</param>
/// <param name="device">Where.</param>
/// <param name="hasBfloat16">Whether the device computes in bfloat16.</param>
public sealed class ReferenceChecks(ReferenceModel model, Device device, bool hasBfloat16)
{
    /// <summary>Sums on a GPU are added in other orders.</summary>
    private double Room => device.type == DeviceType.CPU ? 1 : 10;

    /// <summary>The checks, in order.</summary>
    public IReadOnlyList<DeviceCheck> All =>
    [
        Check("logits", 1e-4 * Room, "absolute", () => WithModel(ScalarType.Float32, loaded => Largest(model.Logits(loaded)))),
        Check("loss and gradient norm", 1e-5 * Room, "relative", Gradient),
        Check("8 training steps", 1e-4 * Room, "relative", () => Steps(ScalarType.Float32, scale: null)),
        Check("logits in bfloat16", 0.05, "relative", () => WithModel(ScalarType.BFloat16, loaded => RelativeNorm(model.Logits(loaded)))) with { Missing = Bfloat16Missing },
        Check("8 training steps in bfloat16", 0.05, "relative", () => Steps(ScalarType.BFloat16, scale: null)) with { Missing = Bfloat16Missing },
        Check("logits in float16", 0.01, "relative", () => WithModel(ScalarType.Float16, loaded => RelativeNorm(model.Logits(loaded)))),
        Check("8 training steps in float16", 0.01, "relative", () => Steps(ScalarType.Float16, new LossScale { Factor = 1024 })),
        Check("logits with a LoRA adapter", 5e-4 * Room, "absolute", Adapter),
        Check("8 steps of a LoRA adapter", 1e-4 * Room, "relative", AdapterSteps),
        Check("4-bit weights (NF4) against the same unpacked", 1e-4 * Room, "absolute", FourBit),
        Check("greedy generation", 0, "tokens differ", () => WithModel(ScalarType.Float32, model.WrongTokens)),
    ];

    private string? Bfloat16Missing => hasBfloat16 ? null : "the device does not compute in bfloat16";

    private DeviceCheck Check(string what, double allowed, string unit, Func<double> measure) => new($"{model.Name}: {what}", allowed, unit, measure);

    private double WithModel(ScalarType dtype, Func<MaskedLanguageModel, double> measure)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var loaded = model.Load(device, dtype);
        return measure(loaded);
    }

    private double Gradient()
    {
        using var loaded = model.Load(device);
        var (loss, norm, expectedLoss, expectedNorm) = model.LossAndGradient(loaded);
        return Math.Max(ReferenceModel.Relative(loss, expectedLoss), ReferenceModel.Relative(norm, expectedNorm));
    }

    private double Steps(ScalarType dtype, LossScale? scale)
    {
        using var loaded = model.Load(device, dtype);
        return model.Train("training", loaded, loaded.Parameters, scale);
    }

    private double Adapter()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var adapted = model.LoadAdapted(device);
        return Largest(model.AdaptedLogits(adapted.Model));
    }

    private double AdapterSteps()
    {
        using var loaded = model.Load(device);
        using var adapter = model.FreshAdapter(loaded);
        return model.Train("lora", loaded, adapter.Parameters);
    }

    private double FourBit()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var packed = model.Load(device, in4Bit: true);
        using var plain = model.Load(CPU);
        // The reference is computed on the CPU, from the numbers that the packed weights stand for.
        using (var onHost = model.Load(CPU, in4Bit: true))
        {
            foreach (var parameter in plain.Parameters)
            {
                if (onHost.Quantized!.ByName.TryGetValue(parameter.Name, out var weight)) parameter.Value.copy_(weight.Dequantize(ScalarType.Float32));
            }
        }

        return Largest((model.Logits(packed).Actual, model.Logits(plain).Actual));
    }

    private static double Largest((Tensor Actual, Tensor Expected) pair) => (Wide(pair.Actual) - Wide(pair.Expected)).abs().max().item<double>();

    private static double RelativeNorm((Tensor Actual, Tensor Expected) pair) => ((Wide(pair.Actual) - Wide(pair.Expected)).norm() / Wide(pair.Expected).norm()).item<double>();

    private static Tensor Wide(Tensor x) => x.detach().cpu().to(ScalarType.Float64);
}
