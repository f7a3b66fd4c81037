using System.CommandLine;
using System.Text.Json;
using Spectre.Console;
using Unmask.Cli.Shell;
using Unmask.Core.Events;
using Unmask.Core.Hub;
using Unmask.Core.Hub.Http;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask hub search</c>: models or datasets whose names match some words.</summary>
public static class HubSearchCommand
{
    public static Command Create()
    {
        var words = new Argument<string>("words") { Description = "Search words in the name." };
        var data = HubCommand.Data();
        var limit = new Option<int>("--limit") { Description = "Maximum number of results.", DefaultValueFactory = _ => 20 };
        var json = new Option<bool>("--json") { Description = "Print one JSON object per line." };
        var command = new Command("search", "Search models or datasets by name, most downloaded first.") { words, data, limit, json };
        limit.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 1000) result.AddError("--limit must be from 1 to 1000.");
        });
        command.SetAction(async (parse, stop) =>
        {
            var output = parse.InvocationConfiguration.Output;
            using var hub = new HubClient(HubSettings.FromEnvironment(), parse.InvocationConfiguration.Error.WriteLine);
            var kind = HubCommand.Kind(parse.GetValue(data));
            var found = await hub.Search(kind, parse.GetValue(words)!, parse.GetValue(limit), stop);
            if (parse.GetValue(json))
            {
                foreach (var one in found) output.WriteLine(JsonSerializer.Serialize(one, EventFormat.Options));
                return ExitCode.Done;
            }

            if (found.Count == 0)
            {
                output.WriteLine($"No {(kind == HubKind.Model ? "model" : "dataset")} on {hub.Settings.Endpoint.Host} has \"{parse.GetValue(words)}\" in its name. Try fewer or other words{(kind == HubKind.Model ? ", or --data for datasets" : "")}.");
                return ExitCode.Done;
            }

            var table = new Table().Border(TableBorder.None).AddColumns("name", "downloads", "likes", "changed", "for", "access");
            foreach (var one in found)
            {
                table.AddRow(((string[])
                [
                    one.Id.Name, Format.Count(one.Downloads), Format.Count(one.Likes), one.Changed?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? Format.None,
                    one.Task ?? Format.None, one.Private ? "private" : one.Gated ? "gated" : "public",
                ]).Select(Markup.Escape).ToArray());
            }

            Screen.On(output).Write(table);
            return ExitCode.Done;
        });
        return command.WithExamples(("unmask hub search \"bert chat\"", "models"), ("unmask hub search alpaca --data --limit 5", "five datasets"));
    }
}
