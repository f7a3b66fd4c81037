using Unmask.Core.Datasets;
using Unmask.Core.Hub.Datasets;
using Unmask.Core.Jobs;
using Unmask.Core.Jobs.Status;
using Unmask.Core.Parameters;
using Unmask.Core.Templates;

namespace Unmask.Web.Api;

/// <summary>Something that names a dataset.</summary>
/// <param name="Title">Its name.</param>
/// <param name="Kind">template or run.</param>
/// <param name="Href">Its page.</param>
public sealed record DatasetUser(string Title, string Kind, string Href);

/// <summary>Finds what names a dataset.</summary>
public sealed class DatasetUsers(DatasetStore store, TemplateStore templates, RunScheduler scheduler)
{
    /// <summary>Templates that train or measure on it, and runs that wait or work on it.</summary>
    public IReadOnlyList<DatasetUser> Of(StoredDataset dataset)
    {
        var path = store.FolderOf(dataset);
        return [.. templates.All.Where(template => template.Parameters is { } parameters && Names(parameters, path)).Select(template => new DatasetUser(template.Title, "template", $"/templates/{template.Id}")),
            .. scheduler.List().Where(run => (run.IsLive || run.Status == RunStatus.Queued) && scheduler.SettingsOrNull(run.Id) is { } settings && Names(settings, path)).Select(run => new DatasetUser(run.Name, "run", $"/runs/{run.Id}"))];
    }

    private static bool Names(TrainParameters parameters, string folder) => ((string?[])[parameters.Dataset, parameters.EvalDataset, parameters.FinalEvaluationDataset]).OfType<string>().SelectMany(Paths).Any(path => IsWithin(path, folder));

    /// <summary>The paths in a setting that may join several datasets.</summary>
    private static IEnumerable<string> Paths(string setting)
    {
        try
        {
            return [setting, .. DatasetSpec.Parse(setting).Select(part => part.Name).OfType<string>()];
        }
        catch (FormatException)
        {
            return [setting];
        }
    }

    private static bool IsWithin(string path, string folder) => path == folder || path.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
