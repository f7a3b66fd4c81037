using Unmask.Core.Methods;
using Unmask.Core.Parameters;
using Unmask.Core.Protocol;
using Unmask.Core.Protocol.Client;

namespace Unmask.Web.Insights;

/// <summary>The training methods on this machine: hardware verdicts, self-tests, and which are enabled.</summary>
/// <param name="store">Remembers self-tests.</param>
/// <param name="states">Knows which are disabled.</param>
/// <param name="engine">Knows the methods and tries them.</param>
public sealed class MethodInsights(SelfTestStore store, PluginStates states, EngineProcess engine)
{
    private IReadOnlyList<MethodCard>? known;

    /// <summary>The methods, judged for what is free of the machine now.</summary>
    /// <exception cref="EngineFailure">The engine does not start.</exception>
    public async Task<IReadOnlyList<MethodCard>> List(CancellationToken stop = default) => known = (await engine.AskAsync(new MethodsRequest(), cancellation: stop)).Methods;

    /// <summary>The methods as they were judged last.</summary>
    /// <exception cref="EngineFailure">The engine does not start.</exception>
    public async Task<IReadOnlyList<MethodCard>> Known(CancellationToken stop = default) => known ?? await List(stop);

    /// <summary>The enabled methods, as they were judged last.</summary>
    /// <exception cref="EngineFailure">The engine does not start.</exception>
    public async Task<IReadOnlyList<MethodCard>> Enabled(CancellationToken stop = default)
    {
        var disabled = states.Disabled;
        return [.. (await Known(stop)).Where(method => !disabled.Contains(method.Id))];
    }

    /// <summary>Choices in the form of a run for settings that name what the engine has: its enabled methods, their architectures and sizes.</summary>
    /// <exception cref="EngineFailure">The engine does not start.</exception>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> Words(CancellationToken stop = default)
    {
        var methods = await Enabled(stop);
        var architectures = methods.SelectMany(method => method.Architectures).ToList();
        return new Dictionary<string, IReadOnlyList<string>>
        {
            ["training_method"] = [.. methods.Where(method => method.Kind == MethodKind.Trainer).Select(method => method.Id)],
            ["model_architecture"] = [.. architectures.Select(architecture => architecture.ModelType.ToLowerInvariant()).Distinct()],
            ["model_size"] = [.. architectures.SelectMany(architecture => architecture.Sizes).OrderBy(size => size.Parameters).Select(size => size.Name).Distinct()],
        };
    }

    /// <summary>The last self-test of each method, by its id.</summary>
    public IReadOnlyDictionary<string, SelfTestRecord> Trials => store.All;

    /// <summary>Tries a method and remembers what was found.</summary>
    /// <param name="method">Which.</param>
    /// <param name="stepped">Gets each step when it begins and when it ends.</param>
    /// <param name="told">Gets what is done before the first step.</param>
    /// <param name="stop">Ends it; nothing is remembered then.</param>
    /// <exception cref="UserError">What it found cannot be written.</exception>
    public async Task<SelfTestResult> Try(TrainingMethod method, Action<SelfTestStep> stepped, Action<EngineProgress> told, CancellationToken stop)
    {
        var result = await engine.AskAsync(new SelfTestRequest(method), stepped, told, stop);
        store.Keep(method, result);
        return result;
    }
}
