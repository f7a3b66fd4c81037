using Unmask.Engine.Generation.Decoding;
using static TorchSharp.torch;

namespace Unmask.Tests.Examples;

/// <summary>A toy accept rule: all predictions count as equally sure, and of those the first positions are kept.</summary>
internal sealed class LeftToRightRule : AcceptRule
{
    public override bool IsOfDrawn => true;

    public override bool CountsWholeRow => false;

    public override Tensor Confidence(Tensor probabilities_CV, Tensor tokens_C) => zeros(tokens_C.shape[0], device: tokens_C.device);
}
