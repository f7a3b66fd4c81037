using System.Globalization;
using System.Text;
using Unmask.Core.Parameters;
using Unmask.Core.Runs;
using Unmask.Core.Storage;
using Unmask.Primitives;

namespace Unmask.Core.Jobs;

/// <summary>New runs.</summary>
public sealed partial class RunBoard
{
    /// <summary>One run is made at a time, outside of the board's own lock: its folder may take a while.</summary>
    private readonly Lock making = new();

    /// <summary>The ids that were given. Touched under <see cref="making"/> only.</summary>
    private readonly HashSet<string> given = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Puts a new run at the end of the queue: a run folder with its settings and its place.</summary>
    /// <param name="parameters">Its settings, with absolute paths.</param>
    /// <param name="origin">Where it comes from; null for nothing.</param>
    /// <param name="name">What people call it; null for the setting adaptor_name.</param>
    /// <param name="key">A key of the request: the same key again gives the run that it made, and makes none.</param>
    /// <returns>Its id.</returns>
    /// <exception cref="UserError">The settings are wrong (every problem is told), or the disk refuses.</exception>
    public string Enqueue(TrainParameters parameters, RunOrigin? origin = null, string? name = null, string? key = null) => Make(parameters, origin, name, key, (_, _) => parameters);

    /// <summary>The settings of a run, with changes as <c>--set</c> takes them.</summary>
    /// <exception cref="UserError">Its config.yaml or a change cannot be read.</exception>
    public TrainParameters SettingsOf(string id, IReadOnlyList<string>? changes = null)
    {
        string folder;
        lock (gate) folder = Known(id).Path;
        return Recipe.Load(Path.Combine(folder, "config.yaml"), changes, folder).Checked();
    }

    /// <summary>The settings of a run; null where they cannot be read or used, which its page tells.</summary>
    public TrainParameters? SettingsOrNull(string id)
    {
        try
        {
            return SettingsOf(id);
        }
        catch (UserError)
        {
            return null;
        }
    }

    /// <summary>Queues a new run with the settings of another, but for some changes.</summary>
    /// <param name="id">The run to repeat.</param>
    /// <param name="changes">Texts of the form key=value, such as batch_size=1.</param>
    /// <param name="key">As for <see cref="Enqueue"/>.</param>
    /// <returns>The new run's id.</returns>
    /// <exception cref="UserError">As for <see cref="Enqueue"/>.</exception>
    public string Requeue(string id, IReadOnlyList<string>? changes = null, string? key = null) =>
        Enqueue(SettingsOf(id, changes), new RunOrigin(Parent: id), NameOf(id), key);

    private string Make(TrainParameters parameters, RunOrigin? origin, string? name, string? key, Func<string, string, TrainParameters> settingsIn)
    {
        Problem[] problems = [.. ParameterValidation.Check(parameters, ValidationFacts.None).Where(problem => problem.Severity == Severity.Error)];
        UserError.ThrowIfAny([.. problems.Select(problem => problem.Sentence)]);
        string id, output = OutputOf(parameters, name);
        lock (making)
        {
            double order;
            DateTimeOffset now = clock.GetUtcNow();
            lock (gate)
            {
                if (key is not null && runs.Values.FirstOrDefault(run => run.Job.Key == key) is { } made) return made.Id;
                order = EndOfQueue();
            }

            // Ids sort by time; two of the same second get a number. One that was given once is never given again: a program may hold it still.
            using FolderDraft draft = FolderDraft.Reserve(Workspace.RunsPath, string.Create(CultureInfo.InvariantCulture, $"{now:yyyyMMdd-HHmmss}-{output}"), IsGone);
            string folder = draft.Target;
            id = Path.GetFileName(folder);
            given.Add(id);
            var job = new JobRecord
            {
                Id = id,
                Name = string.IsNullOrWhiteSpace(name) ? parameters.AdaptorName : name.Trim(),
                Created = now,
                State = RunStatus.Queued,
                Order = order,
                Origin = origin,
                Key = key,
            };
            parameters = settingsIn(draft.Path, folder) with { AdaptorName = output };
            WriteInto(draft, RunFolder.ConfigName, Encoding.UTF8.GetBytes(ConfigFile.Write(parameters)));
            job.Write(draft.Path);
            draft.Complete();
            var run = new BoardRun { Path = folder, Job = job, IsOurs = true, Settings = RunDigest.Of(parameters) };
            lock (gate)
            {
                // The look at all folders may have found it already.
                if (runs.TryAdd(id, run)) Tell(BoardChangeKind.Added, run);
            }
        }

        Wake();
        return id;

        bool IsGone(string candidate)
        {
            lock (gate) return given.Contains(candidate) || runs.ContainsKey(candidate);
        }
    }

    private string NameOf(string id)
    {
        lock (gate) return Known(id).Job.Name;
    }

    /// <summary>Name of the output and end of the run's id: the setting adaptor_name, or the run's own name where that setting has its default.</summary>
    private static string OutputOf(TrainParameters parameters, string? name) =>
        parameters.AdaptorName == new TrainParameters().AdaptorName && name is not null ? Slug.Of(name, instead: parameters.AdaptorName) : parameters.AdaptorName;

    private static void WriteInto(FolderDraft draft, string name, byte[] content)
    {
        using Stream file = draft.Create(name);
        file.Write(content);
    }
}
