using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Unmask.Cli.Shell;
using Unmask.Core.Events;
using Unmask.Core.Hub;
using Unmask.Primitives;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask hub info</c>: what the Hub says of a model or dataset.</summary>
public static class HubInfoCommand
{
    private sealed record Told(string Id, string Kind, string Revision, string Commit, bool Private, bool Gated, long? Downloads, long? Likes, DateTimeOffset? Changed, string? License, string? Task, IReadOnlyList<ToldFile> Files, IReadOnlyDictionary<string, IReadOnlyList<string>>? Configs, bool Cached);

    private sealed record ToldFile(string Path, long? Bytes);

    public static Command Create()
    {
        var name = new Argument<string>("id") { Description = "owner/name, or owner/name@revision." };
        var data = HubCommand.Data();
        var revision = new Option<string?>("--revision") { Description = "A branch, tag, commit or refs/pr/NUMBER.", HelpName = "REV" };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("info", "Look at a model or dataset without downloading it: commit, access, files, and the configurations of a dataset.") { name, data, revision, json };
        command.SetAction(async (parse, stop) =>
        {
            var settings = HubSettings.FromEnvironment();
            var id = HubId.Parse(HubCommand.Kind(parse.GetValue(data)), parse.GetValue(name)!, parse.GetValue(revision));
            using var hub = new HubClient(settings, parse.InvocationConfiguration.Error.WriteLine);
            var info = await hub.Info(id, stop);
            var cache = new HubCache(settings.Cache);
            var configs = id.Kind == HubKind.Dataset ? await new HubDatasets(hub, cache).Configs(id, stop) : null;
            var told = new Told(
                id.Name, id.Kind == HubKind.Model ? "model" : "dataset", id.Revision, info.Commit, info.Private, info.Gated, info.Downloads, info.Likes, info.Changed, info.License, info.Task,
                [.. info.Files.Select(file => new ToldFile(file.Path, file.Bytes))], configs, Directory.Exists(cache.SnapshotOf(id, info.Commit)));
            if (parse.GetValue(json)) parse.InvocationConfiguration.Output.WriteLine(JsonSerializer.Serialize(told, EventFormat.Options));
            else Print(told, parse.InvocationConfiguration.Output);
            return ExitCode.Done;
        });
        return command.WithExamples(("unmask hub info org/name", "a model"), ("unmask hub info org/rows --data --json", "a dataset, for a program"));
    }

    private static void Print(Told told, TextWriter output)
    {
        void Line(string label, string? value)
        {
            if (value is not null) output.WriteLine($"{label,-12}{value}");
        }

        Line(told.Kind == "model" ? "model" : "dataset", told.Id);
        Line("revision", $"{told.Revision} = {told.Commit}{(told.Cached ? " (in the cache)" : "")}");
        Line("access", told.Private ? "private" : told.Gated ? "gated: its owners grant it" : "public");
        Line("for", told.Task);
        Line("license", told.License);
        Line("changed", told.Changed?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        Line("downloads", told.Downloads is { } downloads ? Format.Count(downloads) : null);
        foreach (var (config, splits) in told.Configs ?? new Dictionary<string, IReadOnlyList<string>>()) Line("config", $"{config}: {string.Join(", ", splits)}");
        Line("files", told.Files.All(file => file.Bytes is not null) ? $"{told.Files.Count}, {Format.Bytes(told.Files.Sum(file => file.Bytes))}" : $"{told.Files.Count}");
        foreach (var file in told.Files) output.WriteLine($"{Format.Bytes(file.Bytes),14}  {file.Path}");
    }
}
