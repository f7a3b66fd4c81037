using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using Unmask.Core.Events;
using Unmask.Core.Runs;
using Unmask.Core.Storage;
using Unmask.Core.Workspaces;

namespace Unmask.Core.Jobs.Registry;

/// <summary>
/// The runs outside of the home folder that a person queued here, with the settings they had then: <c>adopted-runs.json</c> of the home folder. Any
/// other folder of runs may be a stranger's, as in a repository that was cloned, and what its files say about a queue starts nothing.
/// </summary>
internal sealed class AdoptedRuns
{
    private readonly Workspace workspace;
    private readonly DurableValue<ImmutableDictionary<string, string>> adopted;

    /// <param name="workspace">The home folder. Runs whose list cannot be read are found again, and start when a person says so.</param>
    public AdoptedRuns(Workspace workspace)
    {
        this.workspace = workspace;
        adopted = new(workspace.AdoptedRunsPath, JsonRecord.TryRead<Dictionary<string, string>>(workspace.AdoptedRunsPath)?.ToImmutableDictionary() ?? ImmutableDictionary<string, string>.Empty, (_, after) => JsonSerializer.SerializeToUtf8Bytes(after, EventFormat.Options));
    }

    /// <summary>Whether what a run's job.json says was written by this home: the run is in it, or was queued by it and has the same settings still.</summary>
    public bool Trusts(string run) => IsAtHome(run) || (adopted.Value.TryGetValue(run, out string? settings) && settings == SettingsOf(run));

    /// <summary>Whether the run is in the home folder.</summary>
    public bool IsAtHome(string run) => Path.GetDirectoryName(run) == workspace.RunsPath;

    /// <summary>Records that a person queued a run.</summary>
    /// <exception cref="UserError">Its config.yaml cannot be read, or the disk refuses.</exception>
    public void Add(string run)
    {
        if (IsAtHome(run)) return;
        string settings = SettingsOf(run) ?? throw new UserError($"{Path.Combine(run, RunFolder.ConfigName)} cannot be read, so the run cannot be queued.");
        adopted.Update(all => all.SetItem(run, settings));
    }

    /// <summary>Forgets a run.</summary>
    /// <exception cref="UserError">The disk refuses.</exception>
    public void Remove(string run) => adopted.Update(all => all.ContainsKey(run) ? all.Remove(run) : null);

    private static string? SettingsOf(string run)
    {
        try
        {
            return Convert.ToHexStringLower(SHA256.HashData(InputFile.ReadBytes(Path.Combine(run, RunFolder.ConfigName))));
        }
        catch (UserError)
        {
            return null;
        }
    }
}
