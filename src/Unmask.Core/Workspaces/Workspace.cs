using System.Text.RegularExpressions;
using Unmask.Core.Storage;

namespace Unmask.Core.Workspaces;

/// <summary>
/// The home folder of the workbench: runs, datasets, models, templates, secrets, and a database that is an index only (deleting it loses nothing).
/// Further folders of runs can be watched beside it, so that runs made by the terminal appear.
/// </summary>
public sealed partial class Workspace
{
    /// <summary>The environment variable that names the home folder.</summary>
    public const string HomeVariable = "UNMASK_HOME";

    /// <summary>Name of <see cref="DatabasePath"/>; a folder with such a file is a home folder.</summary>
    public const string DatabaseName = "workbench.db";

    /// <summary>Held while a workbench serves the home; a folder with such a file is one, too, for the database may be deleted.</summary>
    internal const string LockName = "server.lock";

    /// <summary>What an engine writes at this moment is left alone by <see cref="Sweep"/>.</summary>
    private static readonly TimeSpan AgeOfLeftovers = TimeSpan.FromHours(1);

    private Workspace(string home, IEnumerable<string> watched)
    {
        Home = home;
        string runs = RunsPath;
        RunFolders = [runs, .. watched.Select(Full).Where(folder => folder != runs).Distinct()];
    }

    /// <summary>The home folder, absolute.</summary>
    public string Home { get; }

    /// <summary>Where queued runs are made, one folder a run.</summary>
    public string RunsPath => Path.Combine(Home, "runs");

    /// <summary>Datasets, one folder each.</summary>
    public string DatasetsPath => Path.Combine(Home, "datasets");

    /// <summary>Imported models, one folder each.</summary>
    public string ModelsPath => Path.Combine(Home, "models");

    /// <summary>Templates, one file each.</summary>
    public string TemplatesPath => Path.Combine(Home, "templates");

    /// <summary>Conversations with models, one file each.</summary>
    public string ChatsPath => Path.Combine(Home, "chats");

    /// <summary>Tokens and keys; only the owner may look inside.</summary>
    public string SecretsPath => Path.Combine(Home, "secrets");

    /// <summary>The index of all runs; rebuilt from their folders when it is missing or damaged.</summary>
    public string DatabasePath => Path.Combine(Home, DatabaseName);

    /// <summary>What the queue as a whole is set to (see <c>Jobs.QueueSettings</c>).</summary>
    public string QueuePath => Path.Combine(Home, "queue.json");

    /// <summary>Runs of other folders that a person queued here (see <c>Jobs.AdoptedRuns</c>).</summary>
    public string AdoptedRunsPath => Path.Combine(Home, "adopted-runs.json");

    /// <summary>Events that wait to be sent to the person's webhook, one file each.</summary>
    public string OutboxPath => Path.Combine(Home, "outbox");

    /// <summary>What the workbench logged, a few files of bounded size.</summary>
    public string LogsPath => Path.Combine(Home, "logs");

    /// <summary>The last self-test of each method.</summary>
    public string SelfTestsPath => Path.Combine(Home, "self-tests.json");

    /// <summary>The disabled plugins (see <c>Methods.PluginStates</c>).</summary>
    public string PluginsPath => Path.Combine(Home, "plugins.json");

    /// <summary>What was mended when it was opened, and what could not be; empty for nothing.</summary>
    public IReadOnlyList<string> Notes { get; private set; } = [];

    /// <summary>Every folder whose subfolders are runs: <see cref="RunsPath"/> first, then the watched ones. Some may not exist.</summary>
    public IReadOnlyList<string> RunFolders { get; }

    /// <summary>Finds the home folder: <paramref name="home"/>, else UNMASK_HOME, else <c>.unmask</c> in the user's own folder. Makes nothing.</summary>
    /// <param name="home">As the person named it; null when not.</param>
    /// <param name="watched">Further folders whose subfolders are runs.</param>
    public static Workspace Locate(string? home = null, IEnumerable<string>? watched = null)
    {
        string named = Given(home) ?? Given(Environment.GetEnvironmentVariable(HomeVariable))
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify), ".unmask");
        return new(Full(named), watched ?? []);
    }

    /// <summary>Finds the home folder as <see cref="Locate"/> does, and makes it and its folders where they are absent.</summary>
    /// <exception cref="UserError">It cannot be made, is a file, or is a folder with other things in it.</exception>
    public static Workspace Open(string? home = null, IEnumerable<string>? watched = null)
    {
        Workspace workspace = Locate(home, watched);
        if (File.Exists(workspace.Home)) throw new UserError($"{workspace.Home} is a file; name a folder for the workbench with --home or {HomeVariable}.");
        try
        {
            if (HoldsOther(workspace.Home)) throw new UserError($"{workspace.Home} holds other files and is no home folder of a workbench, which closes its folder to other accounts and removes what is half written there. Name a new or empty folder with --home or {HomeVariable}, such as {Path.Combine(workspace.Home, "unmask")}.");
            foreach (string folder in (string[])[workspace.Home, workspace.RunsPath, workspace.DatasetsPath, workspace.ModelsPath, workspace.TemplatesPath, workspace.ChatsPath, workspace.OutboxPath, workspace.SecretsPath]) PrivateFolder.Create(folder);
            workspace.Notes = PrivateFolder.Mend(workspace.Home);
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            if (failure is UnauthorizedAccessException || StorageFailure.IsDiskFull(failure)) throw StorageFailure.Explain(failure, workspace.Home);
            string? file = workspace.Home;
            while (file is not null && !File.Exists(file)) file = Path.GetDirectoryName(file);
            throw new UserError($"The folder {workspace.Home} cannot be created: {(file is null ? failure.Message.TrimEnd('.') : $"{file} is a file")}. Name another for the workbench with --home or {HomeVariable}.");
        }

        return workspace;
    }

    /// <summary>
    /// Removes what processes that were killed left half written in the folders of the home. Only for the one process that serves it, at its start.
    /// What cannot be removed is told, and keeps nothing from starting.
    /// </summary>
    /// <returns>What could not be removed, a sentence; null when all went well.</returns>
    internal string? Sweep()
    {
        string? trouble = null;
        foreach (string folder in (string[])[Home, RunsPath, DatasetsPath, ModelsPath, TemplatesPath, ChatsPath, OutboxPath, SecretsPath])
        {
            try
            {
                FolderDraft.CleanUp(folder);
                if (folder == ModelsPath) SweepModels();
            }
            catch (Exception failure) when (StorageFailure.IsStorage(failure))
            {
                trouble ??= $"What an earlier start left half written in {folder} could not be removed: {failure.Message.TrimEnd('.')}. Remove it by hand, or check who may write there.";
            }
        }

        return trouble;
    }

    /// <summary>Is it the name of a folder of a model that an engine is writing still, or was when it ended?</summary>
    internal static bool IsPartial(string name) => PartialName().IsMatch(name);

    /// <summary>Models that an engine was still writing, and places that were kept for them.</summary>
    private void SweepModels()
    {
        foreach (DirectoryInfo model in new DirectoryInfo(ModelsPath).GetDirectories().Where(model => model.LinkTarget is null))
        {
            FileSystemInfo[] content = model.GetFileSystemInfos();
            if (content.Length == 0) model.Delete();
            else if (IsPartial(model.Name) && content.Append(model).All(one => DateTime.UtcNow - one.LastWriteTimeUtc > AgeOfLeftovers)) model.Delete(recursive: true);
        }
    }

    /// <summary>Is it a folder with something in it that is no home folder? Empty folders are what a start that was cut off leaves.</summary>
    private static bool HoldsOther(string folder) => Directory.Exists(folder) && !File.Exists(Path.Combine(folder, DatabaseName)) && !File.Exists(Path.Combine(folder, LockName))
        && Directory.EnumerateFileSystemEntries(folder, "*", Everything).Any(entry => !Directory.Exists(entry) || Directory.EnumerateFileSystemEntries(entry, "*", Everything).Any());

    private static EnumerationOptions Everything => new() { AttributesToSkip = 0 };

    private static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;

    private static string Full(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));

    [GeneratedRegex(@"\.partial-[0-9a-f]{32}$", RegexOptions.CultureInvariant)]
    private static partial Regex PartialName();
}
