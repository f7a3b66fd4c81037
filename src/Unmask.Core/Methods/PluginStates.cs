using System.Text.Json;
using Unmask.Core.Events;
using Unmask.Core.Storage;
using Unmask.Core.Workspaces;

namespace Unmask.Core.Methods;

/// <summary>Which plugins are disabled; stored in <c>plugins.json</c> of the home folder. All others are enabled.</summary>
/// <param name="workspace">The home folder.</param>
public sealed class PluginStates(Workspace workspace)
{
    private readonly Lock guard = new();

    private sealed record Stored(IReadOnlyList<string>? Disabled);

    /// <summary>Ids of the disabled plugins.</summary>
    public IReadOnlyCollection<string> Disabled
    {
        get
        {
            lock (guard) return Read();
        }
    }

    /// <summary>Enables or disables a plugin.</summary>
    /// <exception cref="UserError">The state cannot be written.</exception>
    public void Set(string id, bool enabled)
    {
        lock (guard)
        {
            SortedSet<string> disabled = new(Read(), StringComparer.Ordinal);
            if (!(enabled ? disabled.Remove(id) : disabled.Add(id))) return;
            try
            {
                Durable.WriteFile(workspace.PluginsPath, JsonSerializer.SerializeToUtf8Bytes(new Stored([.. disabled]), EventFormat.Options));
            }
            catch (Exception failure) when (StorageFailure.IsStorage(failure))
            {
                throw StorageFailure.Explain(failure, workspace.PluginsPath);
            }
        }
    }

    // An unreadable file disables nothing.
    private IReadOnlyList<string> Read() => JsonRecord.TryRead<Stored>(workspace.PluginsPath)?.Disabled ?? [];
}
