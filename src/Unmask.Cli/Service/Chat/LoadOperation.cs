using System.Diagnostics;
using Unmask.Cli.Generation;
using Unmask.Core.Service;
using Unmask.Engine.Adapters;

namespace Unmask.Cli.Service.Chat;

/// <summary>Loads a model to write with.</summary>
internal sealed class LoadOperation(ChatModel chat) : Operation<LoadRequest, LoadedModel>(isHeavy: true)
{
    protected override LoadedModel Run(LoadRequest request, Call call)
    {
        var watch = Stopwatch.StartNew();
        var source = ModelSource.Open(request.Model, request.Adaptor);
        var bytes = Directory.EnumerateFiles(source.Base.Path, "*.safetensors").Sum(file => new FileInfo(file).Length);
        call.Report(new EngineProgress("loading", source.Base.Architecture.ClassName, 0, bytes, "bytes"));
        using var warnings = new StringWriter();
        var model = chat.Replace(() => TextModel.Load(source, request.In4Bit, warnings));
        call.Report(new EngineProgress("loading", source.Base.Architecture.ClassName, bytes, bytes, "bytes"));
        return new LoadedModel(
            source.Base.Architecture.ClassName, source.Base.Config.ParameterCount, Environment.WorkingSet, watch.Elapsed.TotalSeconds,
            model.Tokenizer.TokenOf(model.Tokens.Mask) ?? "[MASK]", model.Complete(new SamplerChoices(), promptTokens: 0), [.. warnings.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)])
        {
            MaximumLength = model.MaximumLength,
        };
    }
}

/// <summary>Gives the memory of the loaded model back.</summary>
internal sealed class UnloadOperation(ChatModel chat) : Operation<UnloadRequest, Nothing>(isHeavy: true)
{
    protected override Nothing Run(UnloadRequest request, Call call)
    {
        chat.Dispose();
        return new Nothing();
    }
}
