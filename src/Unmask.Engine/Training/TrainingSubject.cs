using System.Globalization;
using System.Security.Cryptography;

using Unmask.Core;
using Unmask.Core.Parameters;
using Unmask.Core.Storage;
using Unmask.Engine.Data;
using Unmask.Engine.Models;
using Unmask.Engine.Text;
using Unmask.Engine.Text.Templates;

using static TorchSharp.torch;

namespace Unmask.Engine.Training;

/// <summary>
/// What a run trains: architecture and configuration, tokenizer, template. Found or made before anything expensive starts; the weights come later.
/// </summary>
public sealed class TrainingSubject
{
    private readonly TrainParameters _parameters;
    private readonly ModelFolder? _folder;

    private TrainingSubject(TrainParameters parameters, ModelFolder? folder, Architecture architecture, ModelConfig config, Tokenizer tokenizer, ChatTemplate template)
    {
        _parameters = parameters;
        _folder = folder;
        Architecture = architecture;
        Config = config;
        Tokenizer = tokenizer;
        Template = template;
        Conversations = new ConversationEncoder(new ConversationTokens(tokenizer, template), parameters.MaskPromptLoss);
    }

    public Architecture Architecture { get; }

    public ModelConfig Config { get; }

    public Tokenizer Tokenizer { get; }

    public ChatTemplate Template { get; }

    /// <summary>Turns messages into token ids by <see cref="Template"/>.</summary>
    public ConversationEncoder Conversations { get; }

    /// <summary>Finds model and tokenizer, or makes configuration and vocabulary of a fresh model.</summary>
    /// <param name="parameters">The run's settings.</param>
    /// <param name="tokenizerFolder">Where the run keeps its tokenizer: read when it is there, written when not, so that a resumed run has the same.</param>
    /// <exception cref="UserError">Something is missing, wrong, or does not fit together.</exception>
    public static TrainingSubject Prepare(TrainParameters parameters, string tokenizerFolder)
    {
        var folder = parameters.Model is { } path ? ModelFolder.Open(path) : null;
        var architecture = folder?.Architecture ?? ModelCatalog.Named(parameters.ModelArchitecture);
        var tokenizer = FindTokenizer(parameters, folder, architecture, tokenizerFolder);
        var config = folder?.Config ?? FreshConfig(parameters, architecture, VocabularyFacts.Of(tokenizer));
        var template = ChatTemplate.Choose(TemplateChoice(parameters, tokenizer, architecture), tokenizer.ChatTemplate);
        return new TrainingSubject(parameters, folder, architecture, config, tokenizer, template);
    }

    /// <summary>The weights: read, or drawn for a fresh model.</summary>
    public LoadedModel LoadModel(Device device, ScalarType dtype) =>
        _folder?.Load(device, dtype) ?? new LoadedModel(NewModel.Initialise(Config, (ulong)_parameters.Seed, device, dtype), []);

    /// <summary>Changes whenever rows would be tokenised differently.</summary>
    public string EncodingFingerprint(string tokenizerFolder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Directory.EnumerateFiles(tokenizerFolder).Order(StringComparer.Ordinal)) hash.AppendData(File.ReadAllBytes(file));
        var p = _parameters;
        string?[] rest = [Template.Source, p.PromptColumn, p.ResponseColumn, p.SystemColumn, p.MessagesColumn, p.TextColumn, p.InputTemplate, p.OutputTemplate, p.InstructionTemplate, p.MaskPromptLoss.ToString()];
        foreach (var text in rest) hash.AppendData(System.Text.Encoding.UTF8.GetBytes(text + "\0"));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The configuration of a fresh model with that vocabulary.</summary>
    internal static ModelConfig FreshConfig(TrainParameters parameters, Architecture architecture, VocabularyFacts vocabulary) => NewModel.Configure(
        architecture, parameters.ModelSize!, vocabulary, parameters.ModelConfig.ToDictionary(pair => pair.Key, pair => Convert.ToString(pair.Value, CultureInfo.InvariantCulture) ?? "null"));

    /// <summary>Why model, vocabulary and settings do not fit together.</summary>
    internal static IEnumerable<Problem> Problems(TrainParameters parameters, Architecture architecture, ModelConfig config, VocabularyFacts vocabulary) =>
        ModelChecks.Problems(parameters.Model ?? "the fresh model", architecture, config, vocabulary, parameters.MaxLength).Select(sentence => Problem.Error(null, sentence));

    private static string TemplateChoice(TrainParameters parameters, Tokenizer tokenizer, Architecture architecture)
    {
        if (parameters.ChatTemplate is { } chosen) return chosen;
        if (tokenizer.ChatTemplate is { } own)
        {
            return architecture.ReplacedTemplateTag is { } tag && own.Contains(tag, StringComparison.Ordinal) ? architecture.ChatTemplate : "tokenizer";
        }

        // A vocabulary learned from the data alone has no words for the family's tags.
        return parameters.IsFreshModel && parameters.Tokenizer is null ? "plain" : architecture.ChatTemplate;
    }

    private static Tokenizer FindTokenizer(TrainParameters parameters, ModelFolder? folder, Architecture architecture, string tokenizerFolder)
    {
        if (Directory.Exists(tokenizerFolder)) return Tokenizer.Load(tokenizerFolder);
        var source = parameters.Tokenizer ?? folder?.Path;
        var tokenizer = source is not null ? Tokenizer.Load(source) : TrainingVocabulary.Learn(parameters);
        var template = ChatTemplate.Choose(TemplateChoice(parameters, tokenizer, architecture), tokenizer.ChatTemplate);
        using (var draft = FolderDraft.Begin(tokenizerFolder))
        {
            tokenizer.WithChatTemplate(template.Source).Save(draft.Path);
            draft.Complete();
        }

        return Tokenizer.Load(tokenizerFolder);
    }
}
