using System.CommandLine;
using Unmask.Cli.Generation;
using Unmask.Cli.Shell;
using Unmask.Engine.Generation;
using Unmask.Engine.Generation.Decoding;
using Unmask.Text.ChatTemplates;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask chat</c>: talk to a model and see its answers come out of the noise.</summary>
public static class ChatCommand
{
    /// <param name="input">Where questions come from; standard input when null.</param>
    public static Command Create(TextReader? input = null)
    {
        var settings = new GenerationSettings();
        var system = new Option<string?>("--system") { Description = "System prompt.", HelpName = "TEXT" };
        var template = new Option<string?>("--template")
        {
            Description = "Chat template: tokenizer, a built-in name, or a file. [default: the tokenizer's own, else that of the model's family]",
            HelpName = "NAME|FILE",
        };
        var command = new Command("chat", "Chat with a model. Shows the denoising steps in a terminal, and only the responses otherwise.") { settings.Model, system, template };
        foreach (var option in settings.All.Skip(1)) command.Add(option);
        command.SetAction((parse, cancellation) => Task.Run(() =>
        {
            using var model = TextDiffusionPipeline.Load(settings.Source(parse, cancellation), parse.GetValue(settings.LoadIn4bit), parse.InvocationConfiguration.Error);
            var chat = model.ConversationsOrFamily(parse.GetValue(template));
            SamplerOptions OptionsOf(int promptTokens) => settings.Read(parse, model, promptTokens);
            UserError.ThrowIfAny(OptionsOf(promptTokens: 0).Problems(model.Tokenizer.VocabularySize));
            new Conversation(model, chat, OptionsOf, parse.GetValue(system), parse.InvocationConfiguration.Output).Run(input ?? Console.In, cancellation);
            return ExitCode.Done;
        }, CancellationToken.None));
        return command.WithExamples(
            ("unmask chat --model outputs/model", "chat; /new starts a new conversation, /exit quits"),
            ("unmask chat --model outputs/model --steps 32 --temperature 0.7", "fewer steps, sampled"));
    }

    /// <summary>The turns of one chat. The whole history goes through the template at each turn, as in training.</summary>
    private sealed class Conversation(TextDiffusionPipeline model, ConversationTokens chat, Func<int, SamplerOptions> optionsOf, string? system, TextWriter output)
    {
        private readonly bool _live = Screen.IsLive(output);
        private readonly AnswerText _answers = model.Answers(chat);
        private readonly List<Message> _history = [];

        public void Run(TextReader input, CancellationToken cancellation)
        {
            if (_live) output.WriteLine("/new starts a new conversation, /exit quits.");
            var turn = 0;
            Restart();
            while (!cancellation.IsCancellationRequested)
            {
                if (_live) output.Write("\nYou: ");
                var line = input.ReadLine();
                if (line is null || line.Trim() == "/exit") return;
                if (line.Trim() == "/new") Restart();
                else if (line.Trim().Length > 0) Answer(line, turn++, cancellation);
            }
        }

        private void Restart()
        {
            _history.Clear();
            if (system is not null) _history.Add(new Message(Message.System, system));
        }

        private void Answer(string question, int turn, CancellationToken cancellation)
        {
            _history.Add(new Message(Message.User, question));
            try
            {
                var prompt = chat.Encode(_history, addGenerationPrompt: true);
                var options = optionsOf(prompt.Length);
                var answer = Denoise(prompt, options with { Seed = options.Seed + turn }, cancellation);
                _history.Add(new Message(Message.Assistant, answer));
                Screen.Exact(output).WriteLine(_live ? $"\nModel: {answer}" : answer);
            }
            catch (UserError error) when (_live)
            {
                // Too long, most likely: the question is taken back and the chat goes on.
                _history.RemoveAt(_history.Count - 1);
                output.WriteLine($"{error.Message} Or type /new.");
            }
        }

        private string Denoise(int[] prompt, SamplerOptions how, CancellationToken cancellation)
        {
            var colors = new TokenColors(model.Tokenizer, model.Tokens.Mask, _answers.EndTokens);
            var row = _live
                ? DenoisingView.Run(Screen.On(output), "answering", colors, prompt.Length, observer => model.Sampler.Sample([prompt], how, observer, cancellation)[0])
                : model.Sampler.Sample([prompt], how, null, cancellation)[0];
            return _answers.Of(row, prompt.Length);
        }
    }
}
