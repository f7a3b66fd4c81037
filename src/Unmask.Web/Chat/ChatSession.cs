using System.Text.Json.Serialization;
using Unmask.Core.Chats;
using Unmask.Core.Models;
using Unmask.Core.Protocol;
using Unmask.Core.Protocol.Client;

namespace Unmask.Web.Chat;

/// <summary>What to open a session for.</summary>
/// <param name="Model">Id of a model, of an adapter, which names its model itself, or of a checkpoint.</param>
/// <param name="Adapter">Id of an adapter to put on the model; null for none.</param>
/// <param name="In4Bit">Whether to hold its linear layers in 4 bits.</param>
/// <param name="Device"><c>cpu</c>, or <c>cuda:0</c> and so on; null for the first GPU, else the processor.</param>
public sealed record ChatChoice(string Model, string? Adapter = null, bool In4Bit = false, string? Device = null)
{
    [JsonInclude, JsonPropertyName("adaptor")]
    private string? EarlierName { init => Adapter ??= value; }
}

/// <summary>A model in an engine of its own, to write with.</summary>
/// <param name="id">Its name in addresses.</param>
/// <param name="choice">What was asked for.</param>
/// <param name="model">The model.</param>
/// <param name="adapter">The adapter on it; null for none.</param>
/// <param name="engine">The engine, which is the session's own.</param>
public sealed class ChatSession(string id, ChatChoice choice, StoredModel model, StoredModel? adapter, EngineProcess engine) : IAsyncDisposable
{
    private readonly SemaphoreSlim loading = new(1);
    private int loadedIn;
    private int working;

    /// <summary>Its name in addresses.</summary>
    public string Id => id;

    /// <summary>What was asked for.</summary>
    public ChatChoice Choice => choice;

    /// <summary>The model.</summary>
    public StoredModel Model => model;

    /// <summary>The adapter on it.</summary>
    public StoredModel? Adapter => adapter;

    /// <summary>Who answers, for conversations.</summary>
    public ChatParty Party => new(model.Id, adapter is null ? model.Name : $"{model.Name} + {adapter.Name}", adapter?.Id, choice.In4Bit);

    /// <summary>What was loaded last; null before.</summary>
    public LoadedModel? Loaded { get; private set; }

    /// <summary>Whether its engine runs, with the model in memory.</summary>
    public bool IsInMemory => Loaded is not null && engine.ProcessId is not null && engine.Starts == loadedIn;

    /// <summary>Whether the model was in memory and its engine ended since: nobody asked it for long, or it died.</summary>
    public bool IsPutAway => Loaded is not null && Volatile.Read(ref working) == 0 && !IsInMemory;

    /// <summary>Why the engine died; null when it did not.</summary>
    public string? Death => engine.LastDeath;

    /// <summary>Loads the model unless it is loaded.</summary>
    /// <exception cref="OperationCanceledException">It was stopped, or the session was closed.</exception>
    public Task<LoadedModel> Load(Action<EngineProgress>? progress, CancellationToken stop) => Work(async () =>
    {
        await loading.WaitAsync(stop);
        try
        {
            if (!IsInMemory)
            {
                Loaded = await engine.AskAsync(new LoadRequest(model.Path) { Adapter = adapter?.Path, In4Bit = choice.In4Bit, Device = choice.Device }, progress, stop);
                loadedIn = engine.Starts;
            }

            return Loaded!;
        }
        finally
        {
            loading.Release();
        }
    });

    /// <summary>Writes; loads the model before where it is not in memory.</summary>
    /// <exception cref="OperationCanceledException">It was stopped, or the session was closed.</exception>
    public Task<Generated> Generate(GenerateRequest request, Action<GenerationFrame> frame, Action<EngineProgress> progress, CancellationToken stop) => Work(async () =>
    {
        await Load(progress, stop);
        return await engine.AskAsync(request, frame, progress, stop);
    });

    public ValueTask DisposeAsync() => engine.DisposeAsync();

    private async Task<T> Work<T>(Func<Task<T>> work)
    {
        Interlocked.Increment(ref working);
        try
        {
            return await work();
        }
        catch (ObjectDisposedException)
        {
            throw new OperationCanceledException($"The session with {model.Name} was closed.");
        }
        finally
        {
            Interlocked.Decrement(ref working);
        }
    }
}
