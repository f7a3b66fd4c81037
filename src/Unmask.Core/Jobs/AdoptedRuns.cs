using System.Security.Cryptography;
using System.Text.Json;
using Unmask.Core.Events;
using Unmask.Core.Runs;
using Unmask.Core.Storage;
using Unmask.Core.Workspaces;
using Unmask.Primitives;

namespace Unmask.Core.Jobs;

/// <summary>
/// The runs outside of the home folder that a person queued here, with the settings they had then: <c>adopted-runs.json</c> of the home folder. Any
/// other folder of runs may be a stranger's, as in a repository that was cloned, and what its files say about a queue starts nothing.
/// </summary>
/// <param name="workspace">The home folder.</param>
internal sealed class AdoptedRuns(Workspace workspace)
{
    /// <summary>Whether what a run's job.json says was written by this home: the run is in it, or was queued by it and has the same settings still.</summary>
    public bool Trusts(string run) => IsAtHome(run) || (Read().TryGetValue(run, out string? settings) && settings == SettingsOf(run));

    /// <summary>Whether the run is in the home folder.</summary>
    public bool IsAtHome(string run) => Path.GetDirectoryName(run) == workspace.RunsPath;

    /// <summary>Keeps that a person queued a run.</summary>
    /// <exception cref="UserError">Its config.yaml cannot be read, or the disk refuses.</exception>
    public void Add(string run)
    {
        if (IsAtHome(run)) return;
        string settings = SettingsOf(run) ?? throw new UserError($"{Path.Combine(run, RunFolder.ConfigName)} cannot be read, so the run cannot be queued.");
        Write(all => all[run] = settings);
    }

    /// <summary>Forgets a run.</summary>
    /// <exception cref="UserError">The disk refuses.</exception>
    public void Remove(string run)
    {
        if (!IsAtHome(run) && Read().ContainsKey(run)) Write(all => all.Remove(run));
    }

    private void Write(Action<Dictionary<string, string>> change)
    {
        Dictionary<string, string> all = Read();
        change(all);
        Durable.WriteFile(workspace.AdoptedRunsPath, JsonSerializer.SerializeToUtf8Bytes(all, EventFormat.Options));
    }

    /// <summary>Runs whose list cannot be read are found again, and start when a person says so.</summary>
    private Dictionary<string, string> Read() => JsonRecord.TryRead<Dictionary<string, string>>(workspace.AdoptedRunsPath) ?? [];

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
