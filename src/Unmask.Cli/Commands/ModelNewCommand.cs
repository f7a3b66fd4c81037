using System.CommandLine;
using Unmask.Cli.Shell;
using Unmask.Core;
using Unmask.Core.Parameters;
using Unmask.Engine.Modeling.Architectures;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Engine.Training.Preparation;
using Unmask.Text.Tokenizers;
using static TorchSharp.torch;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask model new</c>: a model folder with the published start values and a tokenizer, given or learned.</summary>
public static class ModelNewCommand
{
    private static readonly List<string> Learners = [.. ParameterCatalog.Find("vocabulary")!.Choices];

    public static Command Create()
    {
        var architecture = new Option<string>("--architecture") { Description = "bert, modernbert, dream or llada.", DefaultValueFactory = _ => "modernbert" };
        var size = new Option<string>("--size") { Description = "tiny, mini, small, medium, base, or a published size: large for bert and modernbert, 7b for dream, 8b for llada.", DefaultValueFactory = _ => "small" };
        var set = new Option<string[]>("--set") { Description = "Override a key of config.json, as key=value; repeatable." };
        var tokenizer = new Option<string?>("--tokenizer") { Description = "Tokenizer folder." };
        var learn = new Option<string?>("--learn") { Description = "Train a tokenizer on --dataset instead: character, word or bytebpe." };
        var vocabularySize = new Option<int>("--vocab-size") { Description = "Maximum vocabulary size.", DefaultValueFactory = _ => 8192 };
        var dataset = new Option<string?>("--dataset") { Description = "File or folder to train the tokenizer on." };
        var output = new Option<string>("--output") { Description = "Output folder; must be new or empty.", Required = true };
        var dtype = new Option<string?>("--dtype") { Description = "Type of the weights. [default: float32]" }.AcceptOnlyFromAmong([.. WeightTypes.Names]);
        var seed = new Option<ulong>("--seed") { Description = "Seed of the weight initialization.", DefaultValueFactory = _ => 42 };
        var command = new Command("new", "Create a model with initialized weights.") { architecture, size, set, tokenizer, learn, vocabularySize, dataset, output, dtype, seed };
        command.SetAction(parse =>
        {
            var folder = parse.GetValue(output)!;
            ModelFolder.RefuseUsed(folder);
            var entry = ModelCatalog.Named(parse.GetValue(architecture)!);
            var overrides = ParseOverrides(parse.GetValue(set) ?? []);
            var tokens = GetTokenizer(parse.GetValue(tokenizer), parse.GetValue(learn), parse.GetValue(vocabularySize), parse.GetValue(dataset));
            var config = NewModel.Configure(entry, parse.GetValue(size)!, VocabularyFacts.Of(tokens), overrides);
            ModelFolder.Save(folder, partial =>
            {
                NewModel.Write(partial, config, parse.GetValue(seed), WeightTypes.Of(parse.GetValue(dtype)) ?? ScalarType.Float32);
                tokens.Save(partial);
            });
            parse.InvocationConfiguration.Output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{folder}: {entry.ClassName}, {config.ParameterCount:N0} parameters, {tokens.VocabularySize:N0} tokens. Train the model with `unmask train RECIPE.yaml --set {ShellWord.Quote($"model={folder}")}`."));
            foreach (var notice in config.Notices) parse.InvocationConfiguration.Error.WriteLine(notice);
            return ExitCode.Done;
        });
        return command.WithExamples(
            ("unmask model new --architecture bert --size mini --tokenizer my-tokenizer --output my-model", "with an existing tokenizer"),
            ("unmask model new --size tiny --learn character --dataset my.jsonl --set hidden_size=192 --output my-model", "with a tokenizer trained on a dataset"));
    }

    private static Dictionary<string, string> ParseOverrides(IEnumerable<string> pairs)
    {
        var overrides = new Dictionary<string, string>(StringComparer.Ordinal);
        var problems = new List<string>();
        foreach (var pair in pairs)
        {
            var at = pair.IndexOf('=');
            if (at <= 0) problems.Add($"--set {pair} is not of the form key=value; write for example --set hidden_size=256.");
            else overrides[pair[..at]] = pair[(at + 1)..];
        }

        UserError.ThrowIfAny(problems);
        return overrides;
    }

    private static Tokenizer GetTokenizer(string? folder, string? learn, int vocabularySize, string? dataset)
    {
        if (folder is not null && learn is not null) throw new UserError("--tokenizer and --learn were both given. Use one: an existing tokenizer, or one trained on data.");
        if (folder is not null) return Tokenizer.Load(folder);
        if (learn is null) throw new UserError("A model needs a tokenizer: give --tokenizer FOLDER, or --learn character|word|bytebpe with --dataset FILE.");
        if (!Learners.Contains(learn)) throw new UserError($"--learn is '{learn}'. It must be one of {string.Join(", ", Learners)}.");
        if (dataset is null) throw new UserError($"--learn {learn} needs training data: give --dataset FILE.");

        // Rows are read as `unmask train` reads them, so that both learn the same vocabulary.
        return TrainingVocabulary.Learn(new TrainParameters { Dataset = dataset, Vocabulary = Enum.GetValues<VocabularyKind>()[Learners.IndexOf(learn)], VocabSize = vocabularySize });
    }
}
