using System.Diagnostics;
using Unmask.Core.Hub.Datasets;
using Unmask.Core.Protocol;
using Unmask.Engine.Diagnosis;
using Unmask.Engine.Generation;
using Unmask.Engine.Hosting.Calls;
using Unmask.Engine.Modeling.Adapters;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Engine.Planning;
using Unmask.Engine.Runtime;
using Unmask.Engine.Training.State;
using static TorchSharp.torch;

using LoadedModel = Unmask.Core.Protocol.LoadedModel;

namespace Unmask.Engine.Hosting.Chat;

/// <summary>Loads a model to write with, if there is memory for it.</summary>
internal sealed class LoadOperation(ChatModel chat) : Operation<LoadRequest, LoadedModel>(isHeavy: true)
{
    protected override LoadedModel Run(LoadRequest request, Call call)
    {
        var watch = Stopwatch.StartNew();
        if (request.Dtype is { } dtype && !WeightTypes.Names.Contains(dtype)) throw new UserError($"dtype is {dtype}. It must be one of {string.Join(", ", WeightTypes.Names)}.");
        var device = TextDiffusionPipeline.DeviceOf(request.Device);
        var source = ModelSource.Open(HubFolders.CachedModel(request.Model) ?? request.Model, request.Adapter);
        // The one before goes first: its memory is needed.
        chat.Dispose();
        var type = WeightTypes.Of(request.Dtype) ?? source.Base.StoredDtype;
        var weights = Estimate(source, type, request.In4Bit);
        call.Report(new EngineProgress("estimating", $"{source.Base.Architecture.ClassName}, about {Format.Bytes(weights)} of memory"));
        CheckMemory(source, type, request.In4Bit, weights, device);

        using var warnings = new StringWriter();
        var passed = new TensorsPassed(call, "loading", source.Base.Config.ParameterCount);
        var model = chat.Keep(TextDiffusionPipeline.Load(source, request.In4Bit, warnings, type, passed.Add, device));
        return new LoadedModel(
            source.Base.Architecture.ClassName, source.Base.Config.ParameterCount, ProcessMemory.ResidentBytes(), watch.Elapsed.TotalSeconds,
            model.Tokenizer.TokenOf(model.Tokens.Mask) ?? "[MASK]", model.Complete(new SamplerChoices(), promptTokens: 0), [.. warnings.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)])
        {
            WeightBytes = weights,
            Device = device.ToString(),
            HasChatTemplate = model.Tokenizer.ChatTemplate is not null,
            MaximumLength = model.MaximumLength,
        };
    }

    private static long Estimate(ModelSource source, ScalarType type, bool in4Bit)
    {
        var (bytes, scratch) = WeightNeeds.Held(source.Base.Config, type == ScalarType.Float64 ? 8 : type == ScalarType.Float32 ? 4 : 2, in4Bit);
        return bytes + scratch;
    }

    /// <exception cref="UserError">It would not fit; the way out is told.</exception>
    private static void CheckMemory(ModelSource source, ScalarType type, bool in4Bit, long need, Device device)
    {
        var free = device.type == TorchSharp.DeviceType.CUDA ? NvidiaDevice.Find(Math.Max(0, device.index))?.FreeBytes : Machine.MemoryRoom().FreeBytes;
        if (free is not { } room || need <= room) return;
        var smaller = in4Bit || source.Base.IsIn4Bit ? null : Estimate(source, type, in4Bit: true) is var small && small <= room ? $" With 4-bit quantization the model needs about {Format.Bytes(small)}." : null;
        throw new UserError(string.Create(CultureInfo.InvariantCulture, $"{source.Base.Path} needs about {Format.Bytes(need)} of memory, and {Format.Bytes(room)} are free.{smaller ?? " End other programs or unload other models, or take a smaller one."}"));
    }
}
