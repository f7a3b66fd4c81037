using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Adapters.Planning;

/// <summary>
/// Ways to begin in which a part of each adapted weight moves into its branch, so that what stays behind is frozen: peft takes the same part out of the base again
/// whenever it opens such an adapter.
/// </summary>
/// <param name="Name">As <c>init_lora_weights</c> says it; empty for none.</param>
public sealed record ResidualStart(string Name)
{
    public static ResidualStart None { get; } = new("");

    /// <summary>Whether it changes the base.</summary>
    public bool ChangesBase => Name.Length > 0;

    /// <summary>Whether a name is one of these: PiSSA (arXiv 2404.02948) or OLoRA (arXiv 2406.01775).</summary>
    public static bool IsOne(string name) => name is "pissa" or "olora" || name.StartsWith("pissa_niter_", StringComparison.Ordinal);

    /// <summary>Takes the part out of a weight, in place.</summary>
    /// <param name="weight_OI">Any floating type.</param>
    /// <param name="rank">The branch's rank.</param>
    /// <param name="scale">Its scale.</param>
    internal void TakeFrom(Tensor weight_OI, int rank, double scale)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var (target, weight) = (weight_OI.detach(), weight_OI.detach().to(ScalarType.Float32));
        Tensor part;
        if (Name == "olora")
        {
            var (q, r) = linalg.qr(weight);
            long most = Math.Min(rank, r.shape[0]);
            part = scale * q.narrow(1, 0, most).mm(r.narrow(0, 0, most));
        }
        else
        {
            // The principal part; peft splits it evenly between both factors, and the scale goes out and in again.
            var (u, s, v) = linalg.svd(weight, fullMatrices: false);
            long most = Math.Min(rank, s.shape[0]);
            part = (u.narrow(1, 0, most) * s.narrow(0, 0, most)).mm(v.narrow(0, 0, most));
        }

        target.copy_(weight - part);
    }

    /// <summary>Refuses a base whose weights are held in 4 bits.</summary>
    internal void RequirePlain(bool in4Bits, string path)
    {
        if (in4Bits && ChangesBase) throw new UserError($"{path} says init_lora_weights is {Name}, which takes a part out of the base's weights; 4-bit weights do not support that. Use the model without load_in_4bit.");
    }
}
