using Unmask.Core;
using Unmask.Engine.Models;
using Unmask.Engine.Sampling;
using Unmask.Engine.Text;
using Unmask.Engine.Text.Templates;

namespace Unmask.Cli.Generation;

/// <summary>A model folder ready to write text: weights, tokenizer, sampler.</summary>
internal sealed class TextModel : IDisposable
{
    private readonly MaskedLanguageModel _model;
    private readonly Architecture _architecture;

    private TextModel(MaskedLanguageModel model, Architecture architecture, Tokenizer tokenizer, GenerationConfig generation)
    {
        _model = model;
        _architecture = architecture;
        Tokenizer = tokenizer;
        Generation = generation;
        Tokens = SamplerTokens.Of(tokenizer, model.VocabularySize);
        Sampler = new MdlmSampler(model, Tokens);
    }

    public Tokenizer Tokenizer { get; }

    public SamplerTokens Tokens { get; }

    public MdlmSampler Sampler { get; }

    /// <summary>Tokens that prompt and answer may have together; null where nothing bounds them.</summary>
    public int? MaximumLength => _model.MaximumLength;

    public bool ShiftsLogits => _architecture.ShiftsLogits;

    /// <summary>How its folder says it is sampled.</summary>
    public GenerationConfig Generation { get; }

    /// <summary>How models of its architecture are sampled where neither the folder nor the person says.</summary>
    public SamplingDefaults Defaults => _architecture.Sampling;

    /// <summary>Loads everything in a model folder.</summary>
    /// <exception cref="UserError">The folder, a file in it, or a token that diffusion needs is missing or wrong.</exception>
    public static TextModel Load(string folder, TextWriter warnings)
    {
        var opened = ModelFolder.Open(folder);
        var tokenizer = Tokenizer.Load(folder);
        UserError.ThrowIfAny(ModelChecks.Problems(opened, VocabularyFacts.Of(tokenizer)));
        var generation = GenerationConfig.Read(folder);
        var loaded = opened.Load();
        foreach (var warning in loaded.Warnings) warnings.WriteLine(warning);
        try
        {
            return new TextModel(loaded.Model, opened.Architecture, tokenizer, generation);
        }
        catch
        {
            loaded.Model.Dispose();
            throw;
        }
    }

    /// <summary>Conversations by the template <paramref name="choice"/>, or by the tokenizer's own; null when neither is there.</summary>
    public ConversationTokens? Conversations(string? choice) =>
        choice is null && Tokenizer.ChatTemplate is null ? null : new ConversationTokens(Tokenizer, ChatTemplate.Choose(choice ?? "tokenizer", Tokenizer.ChatTemplate));

    /// <summary>As above, with the template of the model's family where there is no other.</summary>
    public ConversationTokens ConversationsOrFamily(string? choice) => Conversations(choice) ?? Conversations(_architecture.ChatTemplate)!;

    /// <summary>Reads answers out of finished rows.</summary>
    public AnswerText Answers(ConversationTokens? chat) => new(Tokenizer, Tokens, chat?.EndOfTurn);

    public void Dispose() => _model.Dispose();
}
