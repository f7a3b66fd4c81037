using Unmask.Core;
using Unmask.Core.Models;
using Unmask.Core.Service;

namespace Unmask.Web.Chat;

/// <summary>A model in an engine of its own, to write with. An engine that ended, because nobody asked it for long, is started again with the same model.</summary>
/// <param name="id">Its name in addresses.</param>
/// <param name="model">The model, or an adaptor, which names its model itself.</param>
/// <param name="adaptor">An adaptor to put on the model; null for none.</param>
/// <param name="program">How engines are started.</param>
public sealed class ChatSession(string id, StoredModel model, StoredModel? adaptor, UnmaskProgram program) : IAsyncDisposable
{
    private readonly EngineProcess engine = new(program);
    private readonly SemaphoreSlim loading = new(1);
    private int loadedIn;

    /// <summary>Its name in addresses.</summary>
    public string Id => id;

    /// <summary>The model.</summary>
    public StoredModel Model => model;

    /// <summary>The adaptor on it.</summary>
    public StoredModel? Adaptor => adaptor;

    /// <summary>What was loaded last; null before.</summary>
    public LoadedModel? Loaded { get; private set; }

    /// <summary>Whether its engine runs, with the model in memory.</summary>
    public bool IsInMemory => Loaded is not null && engine.ProcessId is not null && engine.Starts == loadedIn;

    /// <summary>Loads the model unless it is loaded.</summary>
    public async Task<LoadedModel> Load(Action<EngineProgress>? progress, CancellationToken stop)
    {
        await loading.WaitAsync(stop);
        try
        {
            if (!IsInMemory)
            {
                Loaded = await engine.AskAsync(new LoadRequest(model.Path) { Adaptor = adaptor?.Path }, progress, stop);
                loadedIn = engine.Starts;
            }

            return Loaded!;
        }
        finally
        {
            loading.Release();
        }
    }

    /// <summary>Writes; loads the model before where it is not in memory.</summary>
    public async Task<Generated> Generate(GenerateRequest request, Action<GenerationFrame> frame, Action<EngineProgress> progress, CancellationToken stop)
    {
        await Load(progress, stop);
        return await engine.AskAsync(request, frame, progress, stop);
    }

    public async ValueTask DisposeAsync()
    {
        await engine.DisposeAsync();
        loading.Dispose();
    }
}
