using System.CommandLine;
using System.Text.Json;
using Unmask.Cli.Shell;
using Unmask.Cli.Views;
using Unmask.Core.Events;
using Unmask.Core.Hub;
using Unmask.Core.Hub.Http;
using Unmask.Core.Hub.Uploads;
using Unmask.Core.Models;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask hub push</c>: sends a model or adapter to the Hub as one commit.</summary>
public static class HubPushCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("folder") { Description = "The folder of a model or adapter, such as RUN/outputs." };
        var name = new Argument<string>("id") { Description = "owner/name." };
        var revision = new Option<string?>("--revision") { Description = "The branch. [default: main]", HelpName = "BRANCH" };
        var open = new Option<bool>("--public") { Description = "Create a public repository. [default: private]" };
        var message = new Option<string?>("--message") { Description = "Commit message.", HelpName = "TEXT" };
        var pull = new Option<bool>("--pull-request") { Description = "Create a pull request instead of a commit." };
        var dry = new Option<bool>("--dry-run") { Description = "Show what would be uploaded, without changes." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object at the end." };
        var command = new Command("push", "Push a model or adapter to the Hub as one commit. Files that the Hub already has are skipped.") { folder, name, revision, open, message, pull, dry, json };
        command.SetAction(async (parse, stop) =>
        {
            var id = HubId.Parse(HubKind.Model, parse.GetValue(name)!, parse.GetValue(revision));
            var (output, line) = (parse.InvocationConfiguration.Output, new DownloadLine(parse.InvocationConfiguration.Error, id.ToString()));
            using var hub = new HubClient(HubSettings.FromEnvironment(), line.Say);
            var from = parse.GetValue(folder)!;
            var options = new HubPushOptions { Private = !parse.GetValue(open), DryRun = parse.GetValue(dry), PullRequest = parse.GetValue(pull), Linked = ModelOrigin.LinkedFrom(from) };
            if (parse.GetValue(message) is { Length: > 0 } told) options = options with { Message = told };
            var done = await new HubPush(hub).Push(from, id, options, line.Show, stop);
            if (parse.GetValue(json)) output.WriteLine(JsonSerializer.Serialize(done, EventFormat.Options));
            else Print(done, output);
            return ExitCode.Done;
        });
        return command.WithExamples(
            ("unmask hub push runs/first/outputs me/first --dry-run", "what would be uploaded, and how much is new"),
            ("unmask hub push runs/first/outputs me/first", "push; a new repository is private"));
    }

    private static void Print(HubPushPlan plan, TextWriter output)
    {
        foreach (var file in plan.Files) output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {file.Path,-40} {file.Bytes,15:N0} bytes{(file.Large ? "  large" : "")}"));
        if (plan.Commit is null)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Nothing was changed. {plan.Id} {(plan.CreatesRepository ? $"would be made, {(plan.Private ? "private" : "public")}" : "exists")}; {plan.MissingBytes:N0} bytes of large files would be uploaded."));
            return;
        }

        output.WriteLine($"{(plan.CreatesRepository ? $"Made {(plan.Private ? "the private repository" : "the public repository")} {plan.Id}. " : "")}Pushed as {plan.Commit}.");
        output.WriteLine(plan.Page);
    }
}
