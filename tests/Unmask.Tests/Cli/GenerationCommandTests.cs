using System.CommandLine;
using System.Text.Json.Nodes;
using Unmask.Cli.Commands;
using Unmask.Cli.Shell;
using Unmask.Text.Tokenizers;
using Xunit;

namespace Unmask.Tests.Cli;

/// <summary>The commands that let a model write, on a golden model with a vocabulary of made-up words.</summary>
public sealed class GenerationCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("unmask-generation-").FullName;

    public GenerationCommandTests() => Fill(_folder, "bert", 600);

    /// <summary>A golden model with a tokenizer.</summary>
    internal static void Fill(string folder, string model, int vocabulary)
    {
        var golden = Path.Combine(Fixtures.Golden, model);
        foreach (var file in new[] { "config.json", "model.safetensors" }) File.Copy(Path.Combine(golden, file), Path.Combine(folder, file));
        List<string> words = [.. WordTokenizer.Special, "hello", "world", "the", "cat", "sat", "on", "Q", "A"];
        words.AddRange(Enumerable.Range(0, vocabulary - words.Count).Select(i => $"w{i}"));
        WordTokenizer.Write(folder, words);
    }

    [Fact]
    public async Task A_prompt_is_answered_and_the_same_seed_answers_alike()
    {
        string[] args = ["sample", "--model", _folder, "--prompt", "hello world", "--max-new-tokens", "10", "--temperature", "1", "--seed", "4"];
        var (code, text, error) = await Run(args);
        Assert.True(code == ExitCode.Done, error);
        Assert.NotEmpty(text.Trim());
        Assert.DoesNotContain("[MASK]", text);
        Assert.Equal(text, (await Run(args)).Output);
        Assert.NotEqual(text, (await Run([.. args[..^1], "5"])).Output);
        Assert.NotEqual(text, (await Run([.. args, "--no-template"])).Output);
    }

    [Fact]
    public async Task Without_a_wish_the_answer_is_as_long_as_a_short_model_has_room_for()
    {
        var (code, text, error) = await Run("sample", "--model", _folder, "--prompt", "hello world", "--no-template", "--json");
        Assert.True(code == ExitCode.Done, error);
        var answer = JsonNode.Parse(text)!;
        var prompt = Tokenizer.Load(_folder).Encode("hello world", addSpecialTokens: false, parseSpecialTokens: false).Ids.Length;
        Assert.Equal(64 - prompt, (int)answer["new_tokens"]!);
    }

    [Fact]
    public async Task The_folder_may_say_how_its_model_is_sampled()
    {
        File.WriteAllText(Path.Combine(_folder, "generation_config.json"), """{ "max_new_tokens": 6, "steps": 3, "alg": "random", "eos_token_id": 3 }""");
        string[] sample = ["sample", "--model", _folder, "--prompt", "hello world", "--json"];
        async Task<(int, int)> Counts(params string[] more)
        {
            var answer = JsonNode.Parse((await Run([.. sample, .. more])).Output)!;
            return ((int)answer["new_tokens"]!, (int)answer["steps"]!);
        }

        Assert.Equal((6, 3), await Counts());
        Assert.Equal((4, 4), await Counts("--max-new-tokens", "4"));
        Assert.Equal((6, 2), await Counts("--steps", "2"));

        File.WriteAllText(Path.Combine(_folder, "generation_config.json"), """{ "max_new_tokens": "many" }""");
        var (code, _, error) = await Run(sample);
        Assert.Equal(ExitCode.UserCanFix, code);
        Assert.Contains("generation_config.json cannot be used: $.max_new_tokens", error);
    }

    [Theory]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n", "is a Git LFS pointer")]
    [InlineData("{\"alg\": \"\\ud800\"}", "half a surrogate pair")]
    [InlineData("[[[", "cannot be used")]
    public async Task A_file_of_settings_that_cannot_be_read_is_a_sentence(string text, string clause)
    {
        File.WriteAllText(Path.Combine(_folder, "generation_config.json"), text);

        var (code, _, error) = await Run("sample", "--model", _folder, "--prompt", "hello world");

        Assert.Equal(ExitCode.UserCanFix, code);
        Assert.Contains("generation_config.json", error);
        Assert.Contains(clause, error);
    }

    [Theory]
    [InlineData("dream", 640)]
    [InlineData("llada", 512)]
    public async Task Other_families_answer_fill_and_chat_as_well(string family, int vocabulary)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, family)).FullName;
        Fill(folder, family, vocabulary);
        string[] sample = ["sample", "--model", folder, "--prompt", "hello world", "--max-new-tokens", "8"];
        var (code, plain, _) = await Run(sample);
        Assert.Equal(ExitCode.Done, code);
        Assert.Equal(plain, (await Run(sample)).Output);
        string[] defaults = family == "dream"
            ? ["--alg", "entropy", "--temperature", "0.2", "--top-p", "0.95", "--top-k", "50", "--block-size", "8"]
            : ["--remasking", "low_confidence", "--temperature", "0", "--block-size", "32"];
        Assert.Equal(plain, (await Run([.. sample, .. defaults])).Output);
        foreach (var way in new[] { "low_confidence", "random", "maskgit_plus", "topk_margin", "entropy", "origin" })
        {
            var (done, text, error) = await Run([.. sample, "--alg", way, "--top-p", "0.9", "--top-k", "20", "--alg-temp", "0.1", "--temperature", "1"]);
            Assert.True(done == ExitCode.Done, $"{way}: {error}");
            Assert.DoesNotContain("[MASK]", text);
        }

        var (_, filled, _) = await Run("sample", "--model", folder, "--infill", "the ___ sat [MASK]");
        Assert.Equal(6, filled.Trim().Split(' ').Length);
        var (chatted, answers, _) = await Run(["chat", "--model", folder, "--max-new-tokens", "5"], "hello\nworld\n");
        Assert.Equal((ExitCode.Done, 2), (chatted, answers.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length));
    }

    [Fact]
    public async Task Many_prompts_give_a_line_each_and_each_is_what_it_gives_alone()
    {
        var file = Path.Combine(_folder, "prompts.txt");
        File.WriteAllText(file, "hello world\nthe cat sat on the cat\n\nworld\n");
        var (_, lines, _) = await Run("sample", "--model", _folder, "--prompts", file, "--max-new-tokens", "6", "--json");
        var answers = lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToArray();
        Assert.Equal(["hello world", "the cat sat on the cat", "world"], answers.Select(answer => answer["prompt"]!.ToString()));
        foreach (var answer in answers)
        {
            var alone = await Run("sample", "--model", _folder, "--prompt", answer["prompt"]!.ToString(), "--max-new-tokens", "6", "--json");
            Assert.Equal(JsonNode.Parse(alone.Output)!["text"]!.ToString(), answer["text"]!.ToString());
        }
    }

    [Fact]
    public async Task Gaps_are_filled_and_the_rest_stays()
    {
        var (_, text, _) = await Run("sample", "--model", _folder, "--infill", "the ___ sat [MASK]", "--temperature", "1");
        var words = text.Trim().Split(' ');
        Assert.Equal(("the", "sat"), (words[0], words[4]));
        Assert.Equal(6, words.Length);
    }

    [Fact]
    public async Task A_chat_answers_every_line_and_remembers()
    {
        var (_, together, _) = await Run(["chat", "--model", _folder, "--max-new-tokens", "5"], "hello\nworld\n/new\nworld\n/exit\nhello\n");
        var answers = together.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, answers.Length);
        var (_, fresh, _) = await Run(["chat", "--model", _folder, "--max-new-tokens", "5"], "world\n");
        Assert.Equal(fresh.Trim(), answers[2]);
        Assert.NotEqual(answers[1], answers[2]);
    }

    [Fact]
    public async Task A_mask_that_the_user_typed_is_text()
    {
        var (code, text, _) = await Run("sample", "--model", _folder, "--prompt", "hello [MASK]", "--max-new-tokens", "4");
        Assert.Equal(ExitCode.Done, code);
        // [, MASK and ] are words that the vocabulary does not know.
        Assert.Equal(text, (await Run("sample", "--model", _folder, "--prompt", "hello { lid }", "--max-new-tokens", "4")).Output);
    }

    [Fact]
    public async Task A_gap_of_three_tokens_can_be_written_in_three_ways()
    {
        var (code, text, error) = await Run("sample", "--model", _folder, "--infill", "hello [MASK][MASK][MASK] world");
        Assert.True(code == ExitCode.Done, error);
        Assert.Equal(text, (await Run("sample", "--model", _folder, "--infill", "hello [MASK:3] world")).Output);
        Assert.Equal(text, (await Run("sample", "--model", _folder, "--infill", "hello ___ world")).Output);
    }

    [Theory]
    [InlineData("has 1001 tokens; this model takes at most 64", "--prompt", "hello", "--max-new-tokens", "1000", "--no-template")]
    [InlineData("has nothing to infill", "--infill", "the cat")]
    [InlineData("[MASK:0] has 0 tokens", "--infill", "the [MASK:0]")]
    [InlineData("[MASK:999999999999] has", "--infill", "the [MASK:999999999999]")]
    [InlineData("steps is 0", "--prompt", "hello", "--steps", "0")]
    [InlineData("Give one of --prompt, --prompts and --infill.", "--prompt", "hello", "--infill", "___")]
    [InlineData("does not exist", "--prompts", "no-such-file.txt")]
    public async Task What_cannot_be_done_is_a_sentence_and_exit_code_2(string sentence, params string[] args)
    {
        var (code, output, error) = await Run(["sample", "--model", _folder, .. args]);
        Assert.Equal(ExitCode.UserCanFix, code);
        Assert.Contains(sentence, error);
        Assert.Empty(output);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Loading_in_4_bits_is_the_same_as_a_model_stored_so()
    {
        using var folder = new TemporaryFolder();
        using var made = new StringWriter();
        Assert.Equal(ExitCode.Done, ModelCommand.Create().Parse(["export", "--model", _folder, "--output", folder["small"], "--quantization", "nf4"]).Invoke(new InvocationConfiguration { Output = made }));
        string[] Sample(string model, params string[] more) => ["sample", "--model", model, "--prompt", "hello world", "--max-new-tokens", "30", "--temperature", "2", "--no-template", .. more];
        var (code, text, error) = await Run(Sample(_folder, "--load-in-4bit"));
        Assert.True(code == ExitCode.Done, error);
        Assert.Equal(text, (await Run(Sample(folder["small"]))).Output);
        Assert.NotEqual(text, (await Run(Sample(_folder))).Output);
        Assert.Equal(ExitCode.Done, (await Run(["chat", "--model", _folder, "--max-new-tokens", "5", "--load-in-4bit"], "hello\n")).Code);
    }

    private static Task<(int Code, string Output, string Error)> Run(params string[] args) => Run(args, "");

    private static async Task<(int Code, string Output, string Error)> Run(string[] args, string input)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var root = new RootCommand { SampleCommand.Create(), ChatCommand.Create(new StringReader(input)) };
        var code = await CommandLine.RunAsync(root, args, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
