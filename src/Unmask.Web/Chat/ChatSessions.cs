using System.Collections.Concurrent;
using System.Security.Cryptography;
using Unmask.Core;
using Unmask.Core.Models;
using Unmask.Core.Protocol.Client;

namespace Unmask.Web.Chat;

/// <summary>The sessions that are open, each with a process of its own. One whose engine has ended, because nobody asked it for long, is open no more.</summary>
/// <param name="store">The models there are.</param>
/// <param name="program">How engines are started.</param>
/// <param name="options">How they are kept.</param>
public sealed class ChatSessions(ModelStore store, UnmaskProgram program, EngineProcessOptions options) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, ChatSession> sessions = [];
    private readonly ConcurrentDictionary<string, string> farewells = [];

    /// <summary>Those that are open.</summary>
    public IEnumerable<ChatSession> All
    {
        get
        {
            foreach (var session in sessions.Values.Where(session => session.IsPutAway)) PutAway(session);
            return sessions.Values;
        }
    }

    /// <summary>The one of that id; null where there is none, or none any more.</summary>
    public ChatSession? Find(string id) => All.FirstOrDefault(session => session.Id == id);

    /// <summary>Why a session is open no more, in a sentence.</summary>
    public string FarewellOf(string id) => farewells.GetValueOrDefault(id) ?? $"There is no session {id}. Open a new session.";

    /// <summary>Opens one, with nothing loaded.</summary>
    /// <exception cref="UserError">There is no such model, or the second is no adapter.</exception>
    public ChatSession Open(ChatChoice choice)
    {
        var found = store.Find(choice.Model) ?? throw new UserError($"The model {choice.Model} does not exist any more. Select another one.");
        var on = choice.Adapter is null ? null : store.Find(choice.Adapter) ?? throw new UserError($"The adapter {choice.Adapter} does not exist any more. Select another one.");
        if (on is { IsAdapter: false }) throw new UserError($"{on.Name} is not an adapter and cannot be applied to {found.Name}. Select {on.Name} as the model instead.");
        var session = new ChatSession(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6)), choice, found, on, new EngineProcess(program, options));
        sessions[session.Id] = session;
        return session;
    }

    /// <summary>Closes one and gives its memory back.</summary>
    /// <returns>Whether there was one.</returns>
    public async Task<bool> Close(string id)
    {
        if (!sessions.TryRemove(id, out var session)) return false;
        await session.DisposeAsync();
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var id in sessions.Keys) await Close(id);
    }

    private void PutAway(ChatSession session)
    {
        if (!sessions.TryRemove(session.Id, out _)) return;
        farewells[session.Id] = session.Death is { } death ? $"{death} The next message loads the model again."
            : FormattableString.Invariant($"{session.Model.Name} was unloaded after {Words(options.IdleTime!.Value)} without a message. The next message loads the model again.");
        // Its process has ended; what is left takes no time.
        _ = session.DisposeAsync().AsTask();
    }

    private static string Words(TimeSpan time) => time.TotalMinutes >= 1 ? FormattableString.Invariant($"{time.TotalMinutes:0} minutes") : FormattableString.Invariant($"{time.TotalSeconds:0.#} seconds");
}
