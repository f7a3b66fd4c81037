using System.CommandLine;
using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;
using Unmask.Cli.Generation;
using Unmask.Cli.Shell;
using Unmask.Engine.Generation;
using Unmask.Engine.Generation.Decoding;
using Unmask.Text.ChatTemplates;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask sample</c>: continue prompts or fill the gaps of a text.</summary>
public static class SampleCommand
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static Command Create()
    {
        var settings = new GenerationSettings();
        var prompt = new Option<string?>("--prompt") { Description = "Prompt to answer or continue.", HelpName = "TEXT" };
        var prompts = new Option<string?>("--prompts") { Description = "File with one prompt per line; prints one response per line.", HelpName = "FILE" };
        var infill = new Option<string?>("--infill")
        {
            Description = "Text to infill: [MASK] is 1 token, [MASK:5] is 5 tokens, ___ is 1 token per underscore (3 or more).",
            HelpName = "TEXT",
        };
        var template = new Option<string?>("--template")
        {
            Description = "Chat template: tokenizer, a built-in name, or a file. [default: the tokenizer's own, if it has one]",
            HelpName = "NAME|FILE",
        };
        var noTemplate = new Option<bool>("--no-template") { Description = "Continue the raw text without a chat template." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object per prompt." };
        var command = new Command("sample", "Generate text: answer a prompt, many prompts, or infill.")
        {
            settings.Model, prompt, prompts, infill, template, noTemplate, json,
        };
        foreach (var option in settings.All.Skip(1)) command.Add(option);
        command.Validators.Add(result =>
        {
            var given = new[] { result.GetValue(prompt), result.GetValue(prompts), result.GetValue(infill) }.Count(value => value is not null);
            if (given != 1) result.AddError("Give one of --prompt, --prompts and --infill.");
            if (result.GetValue(noTemplate) && result.GetValue(template) is not null) result.AddError("--template and --no-template exclude each other. Give one.");
        });
        command.SetAction((parse, cancellation) => Task.Run(() =>
        {
            var output = parse.InvocationConfiguration.Output;
            var lines = parse.GetValue(prompts) is { } file ? ReadPrompts(file) : null;
            using var model = TextDiffusionPipeline.Load(settings.Source(parse, cancellation), parse.GetValue(settings.LoadIn4bit), parse.InvocationConfiguration.Error);
            if (parse.GetValue(infill) is { } gaps)
            {
                Fill(model, gaps, text => settings.ReadForInfill(parse, model, text), output, parse.GetValue(json), cancellation);
                return ExitCode.Done;
            }

            SamplerOptions OptionsOf(int promptTokens) => settings.Read(parse, model, promptTokens);
            var chat = parse.GetValue(noTemplate) ? null : model.Conversations(parse.GetValue(template));
            if (lines is null) Answer(model, chat, parse.GetValue(prompt)!, OptionsOf, output, parse.GetValue(json), cancellation);
            else AnswerAll(model, chat, lines, OptionsOf, output, parse.InvocationConfiguration.Error, parse.GetValue(json), cancellation);
            return ExitCode.Done;
        }, CancellationToken.None));
        return command.WithExamples(
            ("unmask sample --model outputs/model --prompt \"Why is the sky blue?\"", "one response, with live denoising"),
            ("unmask sample --model outputs/model --infill \"The ___ sat on the [MASK].\" --temperature 0.7", "infill 4 tokens"),
            ("unmask sample --model my-model --adapter outputs/adaptor --prompt \"Why is the sky blue?\"", "with an adapter"),
            ("unmask sample --model outputs/model --prompts words.txt --max-new-tokens 24 --json > answers.jsonl", "many prompts, as JSON"));
    }

    private static void Fill(
        TextDiffusionPipeline model, string text, Func<int, SamplerOptions> optionsOf, TextWriter output, bool json, CancellationToken cancellation)
    {
        var input = InfillText.Parse(text, model.Tokenizer, model.Tokens.Mask);
        var masks = input.Count(id => id == model.Tokens.Mask);
        var options = optionsOf(masks);
        var (row, steps, seconds) = Watch(output, json, "filling", model, [], 0, observer => model.Sampler.Infill([input], options, observer, cancellation)[0]);
        var filled = model.Tokenizer.Decode(row, skipSpecialTokens: true);
        if (json) output.WriteLine(JsonSerializer.Serialize(new Sampled(text, filled, masks, steps, seconds, options.Seed), Json));
        else Screen.Exact(output).WriteLine(filled);
    }

    private static void Answer(
        TextDiffusionPipeline model, ConversationTokens? chat, string prompt, Func<int, SamplerOptions> optionsOf, TextWriter output, bool json, CancellationToken cancellation)
    {
        var ids = PromptIds(model, chat, prompt);
        var options = optionsOf(ids.Length);
        var answers = model.Answers(chat);
        var (row, steps, seconds) = Watch(
            output, json, "writing", model, answers.EndTokens, ids.Length, observer => model.Sampler.Sample([ids], options, observer, cancellation)[0]);
        var answer = answers.Of(row, ids.Length);
        if (json) output.WriteLine(JsonSerializer.Serialize(new Sampled(prompt, answer, row.Length - ids.Length, steps, seconds, options.Seed), Json));
        else Screen.Exact(output).WriteLine(answer);
    }

    private static void AnswerAll(
        TextDiffusionPipeline model, ConversationTokens? chat, string[] prompts, Func<int, SamplerOptions> optionsOf, TextWriter output, TextWriter error, bool json, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        var ids = prompts.Select(prompt => PromptIds(model, chat, prompt)).ToArray();
        var options = optionsOf(ids.Max(row => row.Length));
        var rows = model.Sampler.SampleAll(ids, options, progress: done =>
        {
            if (!Console.IsErrorRedirected) Screen.Raw(error).Write($"\r{done} of {prompts.Length} prompts, {watch.Elapsed.TotalSeconds:F0} s");
        }, cancellation: cancellation);
        if (!Console.IsErrorRedirected) error.WriteLine();
        var answers = model.Answers(chat);
        for (var i = 0; i < rows.Length; i++)
        {
            var answer = answers.Of(rows[i], ids[i].Length);
            // One line for each prompt, so that line n answers prompt n.
            Screen.Exact(output).WriteLine(json
                ? JsonSerializer.Serialize(new Sampled(prompts[i], answer, rows[i].Length - ids[i].Length, null, null, options.Seed), Json)
                : answer.ReplaceLineEndings("\\n"));
        }
    }

    /// <summary>Runs one row, shown live where the output is a terminal.</summary>
    private static (int[] Row, int Steps, double Seconds) Watch(
        TextWriter output, bool json, string title, TextDiffusionPipeline model, int[] ends, int firstShown, Func<Action<SamplerStep>?, int[]> sample)
    {
        var watch = Stopwatch.StartNew();
        var steps = 0;
        var colors = new TokenColors(model.Tokenizer, model.Tokens.Mask, ends);
        var row = !json && Screen.IsLive(output)
            ? DenoisingView.Run(Screen.On(output), title, colors, firstShown, observer => sample(step => observer(Counted(step))))
            : sample(step => Counted(step));
        return (row, steps, watch.Elapsed.TotalSeconds);

        SamplerStep Counted(SamplerStep step)
        {
            steps = step.Total;
            return step;
        }
    }

    private static int[] PromptIds(TextDiffusionPipeline model, ConversationTokens? chat, string prompt) => chat is null
        ? model.Tokenizer.Encode(prompt, addSpecialTokens: false, parseSpecialTokens: false).Ids
        : chat.Encode([new Message(Message.User, prompt)], addGenerationPrompt: true);

    private static string[] ReadPrompts(string file)
    {
        if (!File.Exists(file)) throw new UserError($"The file {file} for --prompts does not exist. Give a text file with one prompt per line.");
        var lines = File.ReadAllLines(file).Where(line => line.Trim().Length > 0).ToArray();
        return lines.Length > 0 ? lines : throw new UserError($"The file {file} for --prompts has no line with text. Write one prompt per line.");
    }

    /// <summary>A line of <c>--json</c>.</summary>
    private sealed record Sampled(string Prompt, string Text, int NewTokens, int? Steps, double? Seconds, long Seed);
}
