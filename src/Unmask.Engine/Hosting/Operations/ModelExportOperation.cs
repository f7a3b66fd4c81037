using Unmask.Core.Protocol;
using Unmask.Engine.Hosting.Calls;
using Unmask.Engine.Modeling.Checkpoints;

namespace Unmask.Engine.Hosting.Operations;

/// <summary>A copy of a model in another number format.</summary>
internal sealed class ModelExportOperation() : Operation<ModelExportRequest, ModelWritten>(isHeavy: true)
{
    private static readonly string[] Quantizations = ["none", "nf4"];

    protected override ModelWritten Run(ModelExportRequest request, Call call)
    {
        var problems = new List<string>();
        if (request.Dtype is { } dtype && !WeightTypes.Names.Contains(dtype)) problems.Add($"dtype is {dtype}. It must be one of {string.Join(", ", WeightTypes.Names)}.");
        if (request.Quantization is { } quantization && !Quantizations.Contains(quantization)) problems.Add($"quantization is {quantization}. It must be one of {string.Join(", ", Quantizations)}.");
        UserError.ThrowIfAny(problems);
        var source = ModelFolder.Open(request.Model);
        ModelCopy.Save(
            request.Target, source, WeightTypes.Of(request.Dtype), request.Quantization is { } wish ? wish == "nf4" : null,
            new TensorsPassed(call, "exporting", source.Config.ParameterCount).Add);
        return WrittenModel.At(request.Target);
    }
}
