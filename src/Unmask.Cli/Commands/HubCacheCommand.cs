using System.CommandLine;
using System.Text.Json;
using Spectre.Console;
using Unmask.Cli.Shell;
using Unmask.Cli.Views;
using Unmask.Core.Events;
using Unmask.Core.Hub.Caching;
using Unmask.Core.Hub.Http;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask hub cache</c>: what lies in the cache, whether it is whole, and out with it.</summary>
public static class HubCacheCommand
{
    public static Command Create() => new("cache", "Show the cache of models and datasets, which is shared with huggingface_hub.") { List(), Verify(), Remove() };

    private static HubCache Cache => new(HubSettings.FromEnvironment().Cache);

    private static Command List()
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON object per line." };
        var command = new Command("list", "List the cache, largest first.") { json };
        command.SetAction(parse =>
        {
            var output = parse.InvocationConfiguration.Output;
            var cache = Cache;
            var found = CachedRepository.In(cache);
            if (parse.GetValue(json))
            {
                foreach (var one in found) output.WriteLine(JsonSerializer.Serialize(one, EventFormat.Options));
                return ExitCode.Done;
            }

            if (found.Count == 0)
            {
                output.WriteLine($"The cache {cache.Root} is empty.");
                return ExitCode.Done;
            }

            var table = new Table().Border(TableBorder.None).AddColumns("what", "name", "disk", "begun", "commits", "changed");
            foreach (var one in found)
            {
                table.AddRow(((string[])
                [
                    one.Kind == HubKind.Model ? "model" : "dataset", one.Name, Format.Bytes(one.Bytes), one.BegunBytes > 0 ? Format.Bytes(one.BegunBytes) : Format.None,
                    string.Join(", ", one.Commits.Select(commit => commit.Refs.Count > 0 ? $"{commit.Commit[..Math.Min(8, commit.Commit.Length)]} ({string.Join(' ', commit.Refs)})" : commit.Commit[..Math.Min(8, commit.Commit.Length)])),
                    one.Changed.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                ]).Select(Markup.Escape).ToArray());
            }

            Screen.On(output).Write(table);
            foreach (var one in found.Where(one => one.Problem is not null)) output.WriteLine(one.Problem);
            output.WriteLine($"{Format.Bytes(found.Sum(one => one.Bytes))} in {cache.Root}");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Verify()
    {
        var name = new Argument<string?>("id") { Description = "owner/name. [default: everything]", Arity = ArgumentArity.ZeroOrOne };
        var data = HubCommand.Data();
        var command = new Command("verify", "Verify the hash of every file in the cache.") { name, data };
        command.SetAction((parse, stop) => Task.Run(() =>
        {
            var cache = Cache;
            var chosen = parse.GetValue(name) is { } one ? [Find(cache, HubCommand.Kind(parse.GetValue(data)), one).Repository] : CachedRepository.In(cache);
            var (bytes, line) = (0L, new ProgressLine(parse.InvocationConfiguration.Error));
            List<string> problems = [];
            foreach (var repository in chosen)
            {
                problems.AddRange(repository.Verify(
                    read =>
                    {
                        bytes += read;
                        line.Write(new PhaseChanged("checking", Done: bytes));
                    },
                    stop));
            }

            line.Write(new PhaseChanged("checking"));
            UserError.ThrowIfAny(problems);
            parse.InvocationConfiguration.Output.WriteLine($"{Format.Bytes(bytes)} of {chosen.Count} models and datasets verified.");
            return ExitCode.Done;
        }, CancellationToken.None));
        return command;
    }

    private static Command Remove()
    {
        var name = new Argument<string>("id") { Description = "owner/name, or owner/name@revision for one revision only." };
        var data = HubCommand.Data();
        var command = new Command("remove", "Remove a model or dataset from the cache, or one of its revisions.") { name, data };
        command.SetAction(parse =>
        {
            var cache = Cache;
            var text = parse.GetValue(name)!;
            var (repository, id) = Find(cache, HubCommand.Kind(parse.GetValue(data)), text);
            string? commit = null;
            if (text.Contains('@', StringComparison.Ordinal))
            {
                commit = cache.CommitOf(id) is { } named && repository.Commits.Any(one => one.Commit == named) ? named
                    : throw new UserError($"{id.Name} has no revision {id.Revision} in the cache; there are {string.Join(", ", repository.Commits.Select(one => one.Refs.FirstOrDefault() ?? one.Commit))}.");
            }

            repository.Remove(cache, commit);
            var left = CachedRepository.In(cache).FirstOrDefault(one => one.Folder == repository.Folder)?.Bytes ?? 0;
            parse.InvocationConfiguration.Output.WriteLine($"Removed {text}, freeing {Format.Bytes(repository.Bytes - left)}.");
            return ExitCode.Done;
        });
        return command;
    }

    private static (CachedRepository Repository, HubId Id) Find(HubCache cache, HubKind kind, string text)
    {
        var id = HubId.Parse(kind, text);
        return CachedRepository.In(cache).FirstOrDefault(one => one.Kind == kind && one.Name == id.Name) is { } found ? (found, id)
            : throw new UserError($"{id.Name} is not in the cache {cache.Root}. `unmask hub cache list` shows its contents.");
    }
}
