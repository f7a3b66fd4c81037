using System.CommandLine;
using System.Text.Json;
using Unmask.Cli.Shell;
using Unmask.Cli.Views;
using Unmask.Core.Data;
using Unmask.Core.Events;
using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Recipes;
using Unmask.Engine.Lens;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask data render</c>: rows of the training data as exactly the tokens that training sees.</summary>
public static class DataRenderCommand
{
    private const int UsualRows = 3;

    public static Command Create()
    {
        var recipe = new Argument<string>("recipe") { Description = "The recipe: a YAML file with one setting per line." };
        var set = new Option<string[]>("--set") { HelpName = "key=value", Description = "Override a setting of the recipe; repeatable." };
        var row = new Option<long[]>("--row") { HelpName = "N", Description = "Show the row that starts on line N of its file (with pretrain: the N-th chunk of the joined texts); repeatable." };
        var rows = new Option<int?>("--rows") { HelpName = "N", Description = $"Show the first N rows. [default: {UsualRows}]" };
        var noise = new Option<bool>("--noise") { Description = "Also show the tokens that the seed of the run masks at t = 0.1 to 0.9, and their loss weights." };
        var text = new Option<bool>("--text") { Description = "Also show the text of the row after the chat template." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object per row." };
        set.CompletionSources.Add(_ => ParameterCatalog.Settings.Select(setting => setting.Name + "="));

        var command = new Command("render", "Show rows of the training data as tokens: prompt, scored, padded, truncated or dropped, and why.")
        {
            recipe, set, row, rows, noise, text, json,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(row) is { Length: > 0 } numbers)
            {
                if (result.GetValue(rows) is not null) result.AddError("--row and --rows exclude each other. Give one.");
                foreach (var number in numbers.Where(number => number < 1)) result.AddError($"--row is {number}; rows are numbered from 1.");
            }

            if (result.GetValue(rows) is < 1 and var few) result.AddError($"--rows is {few}. It must be at least 1.");
        });
        command.SetAction((parse, stop) => Task.Run(() =>
        {
            var (output, error) = (parse.InvocationConfiguration.Output, parse.InvocationConfiguration.Error);
            var written = Recipe.Load(parse.GetValue(recipe)!, parse.GetValue(set));
            var parameters = written.Parameters;
            var selection = new RowSelection([.. (parse.GetValue(row) ?? []).Distinct()], parse.GetValue(rows) ?? UsualRows);
            using var lens = DataLens.Open(written, stop);
            var view = lens.Look(selection, parse.GetValue(noise), new Notices(error), stop);
            if (parse.GetValue(json))
            {
                PrintJson(view, parameters, parse.GetValue(text), output);
                foreach (var note in view.Notes) error.WriteLine(note);
            }
            else
            {
                new LensPicture(Screen.On(output), parameters).Print(view, parse.GetValue(text));
            }

            return ExitCode.Done;
        }, CancellationToken.None));
        return command.WithExamples(
            ("unmask data render recipes/quickstart.yaml", "the first rows"),
            ("unmask data render my.yaml --row 17 --text --set chat_template=bert", "one row, with its text by another template"),
            ("unmask data render my.yaml --rows 1 --noise", "masks and loss weights over time"),
            ("unmask data render my.yaml --rows 100 --json > rows.jsonl", "as JSON"));
    }

    private static void PrintJson(LensView view, TrainParameters parameters, bool text, TextWriter output)
    {
        foreach (var row in view.Rows)
        {
            output.WriteLine(JsonSerializer.Serialize(new JsonRow(
                row.Row, row.File, row.Rule, row.Status, row.Reason, row.Counts, view.Width, view.MaskToken, view.ShiftsLogits, text ? row.Text : null, row.Tokens, row.Index,
                row.Noise is null ? null : parameters.Seed, row.Noise is null ? null : DataLens.Epoch, parameters.ResolvedLossWeightType, row.Noise), EventFormat.Options));
        }
    }

    /// <summary>A row for programs; what is not known is not there.</summary>
    private sealed record JsonRow(
        long Row, string? File, string? Rule, RowStatus Status, string? Reason, LensCounts Counts, int Width, LensMask MaskToken, bool ShiftsLogits, string? Text, IReadOnlyList<LensToken> Tokens,
        long? Index, long? Seed, int? Epoch, string LossWeightType, IReadOnlyList<LensNoise>? Noise);

    /// <summary>What the preparation of all rows has to say goes beside the rows.</summary>
    private sealed class Notices(TextWriter error) : IEventSink
    {
        public void Write(RunEvent happened)
        {
            if (happened is Notice notice) error.WriteLine(notice.Message);
        }
    }
}
