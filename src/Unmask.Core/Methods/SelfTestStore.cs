using System.Text.Json;
using Unmask.Core.Events;
using Unmask.Core.Parameters;
using Unmask.Core.Protocol;
using Unmask.Core.Storage;
using Unmask.Core.Workspaces;

namespace Unmask.Core.Methods;

/// <summary>The last self-test of a method on this machine.</summary>
/// <param name="When">When it ended.</param>
/// <param name="Result">What it found.</param>
public sealed record SelfTestRecord(DateTimeOffset When, SelfTestResult Result);

/// <summary>The last self-test of each method, kept in <c>self-tests.json</c> of the home folder.</summary>
/// <param name="workspace">The home folder.</param>
public sealed class SelfTestStore(Workspace workspace)
{
    private readonly Lock guard = new();

    /// <summary>By the method's id.</summary>
    public IReadOnlyDictionary<string, SelfTestRecord> All
    {
        get
        {
            lock (guard) return Read();
        }
    }

    /// <summary>Keeps what a self-test found, in place of what the one before found.</summary>
    /// <exception cref="UserError">It cannot be written.</exception>
    public void Keep(TrainingMethod method, SelfTestResult result)
    {
        lock (guard)
        {
            var trials = Read();
            trials[method.ToString().ToLowerInvariant()] = new(DateTimeOffset.UtcNow, result);
            try
            {
                Durable.WriteFile(workspace.SelfTestsPath, JsonSerializer.SerializeToUtf8Bytes(trials, EventFormat.Options));
            }
            catch (Exception failure) when (StorageFailure.IsStorage(failure))
            {
                throw StorageFailure.Explain(failure, workspace.SelfTestsPath);
            }
        }
    }

    private Dictionary<string, SelfTestRecord> Read()
    {
        // What cannot be read is not missed: a self-test is made again in seconds.
        return JsonRecord.TryRead<Dictionary<string, SelfTestRecord>>(workspace.SelfTestsPath)?.Where(trial => trial.Value is not null).ToDictionary() ?? [];
    }
}
