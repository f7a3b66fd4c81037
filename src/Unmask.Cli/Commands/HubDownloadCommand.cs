using System.CommandLine;
using System.Text.Json;
using Unmask.Cli.Shell;
using Unmask.Cli.Views;
using Unmask.Core.Events;
using Unmask.Core.Hub;
using Unmask.Core.Hub.Caching;
using Unmask.Core.Hub.Datasets;
using Unmask.Core.Hub.Downloads;
using Unmask.Core.Hub.Http;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask hub download</c>: brings a model or dataset into the cache, or goes on with a download that was cut off.</summary>
public static class HubDownloadCommand
{
    private sealed record Downloaded(string Id, string Revision, string Commit, string Folder, IReadOnlyList<string> Files, string? Note);

    public static Command Create()
    {
        var name = new Argument<string>("id") { Description = "owner/name, or owner/name@revision." };
        var data = HubCommand.Data();
        var revision = new Option<string?>("--revision") { Description = "A branch, tag, commit or refs/pr/NUMBER. [default: main]", HelpName = "REV" };
        var include = new Option<string[]>("--include") { Description = "Only matching files, such as *.json; repeatable. [default: the files that unmask reads]", HelpName = "PATTERN" };
        var exclude = new Option<string[]>("--exclude") { Description = "Exclude matching files; repeatable.", HelpName = "PATTERN" };
        var config = new Option<string?>("--config") { Description = "Configuration of a dataset with several.", HelpName = "NAME" };
        var split = new Option<string?>("--split") { Description = "Split of a dataset.", HelpName = "NAME" };
        var json = new Option<bool>("--json") { Description = "Print one JSON object at the end." };
        var command = new Command("download", "Download a model or dataset to the cache. Never code, never pickles. Cached files are skipped.") { name, data, revision, include, exclude, config, split, json };
        command.Validators.Add(result =>
        {
            bool picks = result.GetValue(config) is not null || result.GetValue(split) is not null;
            if (picks && !result.GetValue(data)) result.AddError("--config and --split apply to datasets. Add --data.");
            if (picks && (result.GetValue(include) is { Length: > 0 } || result.GetValue(exclude) is { Length: > 0 })) result.AddError("--config and --split already select the files. Remove --include and --exclude.");
        });
        command.SetAction(async (parse, stop) =>
        {
            var settings = HubSettings.FromEnvironment();
            var kind = HubCommand.Kind(parse.GetValue(data));
            var id = HubId.Parse(kind, parse.GetValue(name)!, parse.GetValue(revision));
            var line = new DownloadLine(parse.InvocationConfiguration.Error, id.ToString());
            using var hub = new HubClient(settings, line.Say);
            var cache = new HubCache(settings.Cache);
            var got = parse.GetValue(include) is { Length: > 0 } || parse.GetValue(exclude) is { Length: > 0 } || kind == HubKind.Model
                ? await new HubDownload(hub, cache).Get(id, HubChoice.Matching(kind, parse.GetValue(include) ?? [], parse.GetValue(exclude) ?? []), line.Show, stop)
                : await new HubDatasets(hub, cache).Get(id, parse.GetValue(config), parse.GetValue(split), line.Show, stop);
            Print(got, parse.GetValue(json), parse.InvocationConfiguration.Output, line);
            return ExitCode.Done;
        });
        return command.WithExamples(
            ("unmask hub download org/name", "a model: safetensors, settings, tokenizer"),
            ("unmask hub download org/name@refs/pr/1 --include \"*.json\"", "some files of a pull request"),
            ("unmask hub download org/rows --data --config en --split train", "one split of a dataset"));
    }

    private static void Print(HubSnapshot got, bool json, TextWriter output, DownloadLine line)
    {
        if (json)
        {
            output.WriteLine(JsonSerializer.Serialize(new Downloaded(got.Id.Name, got.Id.Revision, got.Commit, got.Folder, got.Files, got.Note), EventFormat.Options));
            return;
        }

        if (got.Note is { } note) line.Say(note);
        output.WriteLine(got.Folder);
    }
}
