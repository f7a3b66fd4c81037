using System.Collections.Concurrent;
using System.Security.Cryptography;
using Unmask.Core;
using Unmask.Core.Models;

namespace Unmask.Web.Chat;

/// <summary>The chats that are open, each with a process of its own.</summary>
/// <param name="shelf">The models there are.</param>
/// <param name="program">How engines are started.</param>
public sealed class ChatSessions(ModelShelf shelf, UnmaskProgram program) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, ChatSession> sessions = [];

    /// <summary>Those that are open.</summary>
    public IEnumerable<ChatSession> All => sessions.Values;

    /// <summary>The one of that id; null where there is none.</summary>
    public ChatSession? Find(string id) => sessions.GetValueOrDefault(id);

    /// <summary>Opens one, with nothing loaded.</summary>
    /// <param name="model">Id of a model or an adaptor.</param>
    /// <param name="adaptor">Id of an adaptor to put on the model; null for none.</param>
    /// <exception cref="UserError">There is no such model, or the second is no adaptor.</exception>
    public ChatSession Open(string model, string? adaptor)
    {
        var found = shelf.Find(model) ?? throw new UserError($"There is no model {model} any more; choose another.");
        var on = adaptor is null ? null : shelf.Find(adaptor) ?? throw new UserError($"There is no adaptor {adaptor} any more; choose another.");
        if (on is { IsAdaptor: false }) throw new UserError($"{on.Name} is no adaptor, so it cannot be put on {found.Name}; choose it as the model instead.");
        var session = new ChatSession(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6)), found, on, program);
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
}
