using Unmask.Core.Jobs;
using Unmask.Core.Jobs.Status;
using Unmask.Core.Models;
using Unmask.Core.Parameters;
using Unmask.Core.Templates;
using Unmask.Web.Chat;

namespace Unmask.Web.Library;

/// <summary>Something that needs a model.</summary>
/// <param name="Title">Its name.</param>
/// <param name="Kind">template, run, adapter, link or chat.</param>
/// <param name="Href">Its page.</param>
public sealed record ModelUser(string Title, string Kind, string Href);

/// <summary>Finds what needs a model.</summary>
public sealed class ModelUsers(ModelStore store, TemplateStore templates, RunScheduler scheduler, ChatSessions sessions)
{
    /// <summary>Templates that start from it, runs that wait or work on it, adapters that lie on it, models that link to its weights, and chats that have it loaded.</summary>
    public IReadOnlyList<ModelUser> Of(StoredModel model) =>
    [
        .. templates.All.Where(template => template.Parameters is { } parameters && Names(parameters, model.Path)).Select(template => new ModelUser(template.Title, "template", $"/templates/{template.Id}")),
        .. scheduler.List().Where(run => (run.IsLive || run.Status == RunStatus.Queued) && scheduler.SettingsOrNull(run.Id) is { } settings && Names(settings, model.Path)).Select(run => new ModelUser(run.Name, "run", $"/runs/{run.Id}")),
        .. store.All.Where(other => other.IsAdapter && other.BaseId == model.Id).Select(other => new ModelUser(other.Name, "adapter", $"/models/{other.Id}")),
        .. store.All.Where(other => other.Id != model.Id && LinksInto(other.Path, model.Path)).Select(other => new ModelUser(other.Name, "link", $"/models/{other.Id}")),
        .. sessions.All.Where(session => session.Model.Id == model.Id || session.Adapter?.Id == model.Id).Take(1).Select(_ => new ModelUser("an open chat", "chat", "/chat")),
    ];

    private static bool LinksInto(string folder, string path)
    {
        try
        {
            return new DirectoryInfo(folder).EnumerateFiles().Any(file => file.LinkTarget is { } target && Path.GetDirectoryName(Path.GetFullPath(target, folder)) == path);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            // What cannot be read links to nothing that anybody could use.
            return false;
        }
    }

    private static bool Names(TrainParameters parameters, string path) => Same(parameters.Model, path) || Same(parameters.Tokenizer, path);

    private static bool Same(string? named, string path) => named is { Length: > 0 } && !named.Contains('\0', StringComparison.Ordinal) && Path.TrimEndingDirectorySeparator(Path.GetFullPath(named)) == path;
}
