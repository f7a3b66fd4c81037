using System.CommandLine;
using System.Text.Json;
using Unmask.Cli.Shell;
using Unmask.Core.Events;
using Unmask.Core.Hub;
using Unmask.Core.Hub.Caching;
using Unmask.Core.Hub.Datasets;
using Unmask.Core.Hub.Http;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask hub info</c>: what the Hub says of a model or dataset.</summary>
public static class HubInfoCommand
{
    private sealed record HubDetails(string Id, string Kind, string Revision, string Commit, bool Private, bool Gated, long? Downloads, long? Likes, DateTimeOffset? Changed, string? License, string? Task, IReadOnlyList<HubFileDetails> Files, IReadOnlyDictionary<string, IReadOnlyList<string>>? Configs, bool Cached);

    private sealed record HubFileDetails(string Path, long? Bytes);

    public static Command Create()
    {
        var name = new Argument<string>("id") { Description = "owner/name, or owner/name@revision." };
        var data = HubCommand.Data();
        var revision = new Option<string?>("--revision") { Description = "A branch, tag, commit or refs/pr/NUMBER.", HelpName = "REV" };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("info", "Show a model or dataset without downloading: commit, access, files, and the configurations of a dataset.") { name, data, revision, json };
        command.SetAction(async (parse, stop) =>
        {
            var settings = HubSettings.FromEnvironment();
            var id = HubId.Parse(HubCommand.Kind(parse.GetValue(data)), parse.GetValue(name)!, parse.GetValue(revision));
            using var hub = new HubClient(settings, parse.InvocationConfiguration.Error.WriteLine);
            var info = await hub.Info(id, stop);
            var cache = new HubCache(settings.Cache);
            var configs = id.Kind == HubKind.Dataset ? await new HubDatasets(hub, cache).Configs(id, stop) : null;
            var shown = new HubDetails(
                id.Name, id.Kind == HubKind.Model ? "model" : "dataset", id.Revision, info.Commit, info.Private, info.Gated, info.Downloads, info.Likes, info.Changed, info.License, info.Task,
                [.. info.Files.Select(file => new HubFileDetails(file.Path, file.Bytes))], configs, Directory.Exists(cache.SnapshotOf(id, info.Commit)));
            if (parse.GetValue(json)) parse.InvocationConfiguration.Output.WriteLine(JsonSerializer.Serialize(shown, EventFormat.Options));
            else Print(shown, parse.InvocationConfiguration.Output);
            return ExitCode.Done;
        });
        return command.WithExamples(("unmask hub info org/name", "a model"), ("unmask hub info org/rows --data --json", "a dataset, as JSON"));
    }

    private static void Print(HubDetails info, TextWriter output)
    {
        void Line(string label, string? value)
        {
            if (value is not null) output.WriteLine($"{label,-12}{value}");
        }

        Line(info.Kind == "model" ? "model" : "dataset", info.Id);
        Line("revision", $"{info.Revision} = {info.Commit}{(info.Cached ? " (in the cache)" : "")}");
        Line("access", info.Private ? "private" : info.Gated ? "gated: the owners grant access" : "public");
        Line("for", info.Task);
        Line("license", info.License);
        Line("changed", info.Changed?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        Line("downloads", info.Downloads is { } downloads ? Format.Count(downloads) : null);
        foreach (var (config, splits) in info.Configs ?? new Dictionary<string, IReadOnlyList<string>>()) Line("config", $"{config}: {string.Join(", ", splits)}");
        Line("files", info.Files.All(file => file.Bytes is not null) ? $"{info.Files.Count}, {Format.Bytes(info.Files.Sum(file => file.Bytes))}" : $"{info.Files.Count}");
        foreach (var file in info.Files) output.WriteLine($"{Format.Bytes(file.Bytes),14}  {file.Path}");
    }
}
