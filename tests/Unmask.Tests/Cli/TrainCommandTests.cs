using System.CommandLine;
using System.Text;
using Unmask.Cli.Commands;
using Unmask.Cli.Shell;
using Unmask.Core.Events;
using Unmask.Core.Parameters;
using Unmask.Core.Runs;
using Unmask.Engine.Collectives;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Cli;

public sealed class TrainCommandTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("unmask-train-").FullName;
    private readonly List<string> called = [];

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Nothing_to_train_is_told_with_the_way_out()
    {
        var (code, _, error) = await Run([]);

        Assert.Equal(2, code);
        Assert.Equal("No recipe was given. Give a recipe, such as recipes/quickstart.yaml, or --resume with a run folder.", error.Trim());
    }

    [Fact]
    public async Task All_contradictions_are_told_at_once()
    {
        var (code, _, error) = await Run(["x.yaml", "--resume", "r", "--set", "seed=1", "--run-dir", "q"]);

        Assert.Equal(2, code);
        Assert.Equal(3, error.Trim().Split('\n').Length);
        Assert.Empty(called);
    }

    [Fact]
    public async Task Every_mistake_in_the_recipe_is_told_and_no_folder_is_made()
    {
        var (code, output, error) = await Run([Recipe("batch_size: 0\nlerning_rate: 1e-3\n"), "--run-dir", Path.Combine(folder, "run")]);

        Assert.Equal(2, code);
        Assert.Equal("", output);
        Assert.Contains("did you mean learning_rate?", error);
        Assert.Contains("batch_size is 0", error);
        Assert.False(Directory.Exists(Path.Combine(folder, "run")));
        Assert.Empty(called);
    }

    [Fact]
    public async Task Without_a_terminal_a_run_is_lines_and_a_summary()
    {
        var (code, output, _) = await Run([Recipe(), "--run-dir", Path.Combine(folder, "run"), "--set", "seed=7"]);

        Assert.Equal(0, code);
        Assert.Equal(["start seed 7"], called);
        Assert.StartsWith("step          5/10", output);
        Assert.Contains("Next steps", output);
        Assert.DoesNotContain("\e", output, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(folder, "run", "config.yaml")));
    }

    [Fact]
    public async Task Warnings_are_left_to_the_run_which_tells_them_once()
    {
        var (code, output, error) = await Run([Recipe("learning_rate: 0.5\n"), "--run-dir", Path.Combine(folder, "run")]);

        Assert.Equal(0, code);
        Assert.DoesNotContain("learning_rate", output + error);
    }

    [Fact]
    public async Task With_json_standard_output_holds_the_events_and_nothing_else()
    {
        var (code, output, _) = await Run([Recipe(), "--run-dir", Path.Combine(folder, "run"), "--json"]);

        Assert.Equal(0, code);
        Assert.Equal(["step_logged", "run_finished"], output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => EventFormat.FromLine(Encoding.UTF8.GetBytes(line))!.Event));
    }

    [Fact]
    public async Task A_mistake_found_before_the_first_step_leaves_no_folder_behind()
    {
        var (code, _, error) = await Run([Recipe(), "--run-dir", Path.Combine(folder, "run")], (_, _, _, _, _) => throw new UserError("The dataset is empty; give it rows."));

        Assert.Equal(2, code);
        Assert.Equal("The dataset is empty; give it rows.", error.Trim());
        Assert.False(Directory.Exists(Path.Combine(folder, "run")));
    }

    [Fact]
    public async Task A_mistake_leaves_a_folder_that_was_there_before()
    {
        var mine = Directory.CreateDirectory(Path.Combine(folder, "mine")).FullName;
        await Run([Recipe(), "--run-dir", mine], (_, _, _, _, _) => throw new UserError("The dataset is empty; give it rows."));

        Assert.Empty(Directory.EnumerateFileSystemEntries(mine));
        Assert.True(Directory.Exists(mine));
    }

    [Fact]
    public async Task A_failure_after_some_steps_keeps_the_run()
    {
        var (code, _, _) = await Run([Recipe(), "--run-dir", Path.Combine(folder, "run")], (_, _, sink, _, _) =>
        {
            sink.Write(new StepLogged(5, 0, 1));
            throw new UserError("The loss is not a number; lower learning_rate.");
        });

        Assert.Equal(2, code);
        Assert.True(File.Exists(Path.Combine(folder, "run", "config.yaml")));
    }

    [Fact]
    public async Task Resume_opens_the_run_and_goes_on()
    {
        await Run([Recipe(), "--run-dir", Path.Combine(folder, "run")]);
        var (code, _, _) = await Run(["--resume", Path.Combine(folder, "run")]);

        Assert.Equal(0, code);
        Assert.Equal(["start seed 42", "resume run"], called);
    }

    [Fact]
    public async Task Resume_of_something_else_is_told()
    {
        var (code, _, error) = await Run(["--resume", folder]);

        Assert.Equal(2, code);
        Assert.Contains("is not the folder of a run", error);
    }

    private string Recipe(string more = "")
    {
        var path = Path.Combine(folder, "recipe.yaml");
        File.WriteAllText(Path.Combine(folder, "rows.jsonl"), "{\"prompt\": \"a\", \"response\": \"b\"}\n");
        File.WriteAllText(path, $"dataset: {folder}/rows.jsonl\nmax_length: 32\nmodel_size: tiny\ntrain_steps: 10\neval_strategy: no\n{more}");
        return path;
    }

    private async Task<(int Code, string Output, string Error)> Run(
        string[] args, Func<TrainParameters, RunFolder, IEventSink, CancellationToken, RankGroup?, RunOutcome>? start = null)
    {
        var command = TrainCommand.Create(
            start ?? ((parameters, _, sink, _, _) => Train($"start seed {parameters.Seed}", sink)),
            (run, sink, _, _) => Train($"resume {Path.GetFileName(run.Path)}", sink));
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await CommandLine.RunAsync(new RootCommand("A root.") { command }, ["train", .. args], output, error);
        return (code, output.ToString().ReplaceLineEndings("\n"), error.ToString().ReplaceLineEndings("\n"));
    }

    private RunOutcome Train(string call, IEventSink sink)
    {
        called.Add(call);
        sink.Write(new StepLogged(5, 0.5, 1.5) { TotalSteps = 10 });
        sink.Write(new RunFinished(RunOutcome.Done, 10, "outputs"));
        return RunOutcome.Done;
    }
}
