using Unmask.Core;
using Unmask.Engine.Adapters;
using Unmask.Engine.Models;
using Unmask.Engine.Sampling;
using Unmask.Engine.Text;
using Unmask.Engine.Text.Templates;

namespace Unmask.Cli.Generation;

/// <summary>A model folder ready to write text: weights, tokenizer, sampler.</summary>
internal sealed class TextModel : IDisposable
{
    private readonly AdaptedModel _adapted;
    private readonly Architecture _architecture;

    private TextModel(AdaptedModel adapted, Architecture architecture, Tokenizer tokenizer, GenerationConfig generation)
    {
        _adapted = adapted;
        _architecture = architecture;
        Tokenizer = tokenizer;
        Generation = generation;
        Tokens = SamplerTokens.Of(tokenizer, adapted.Model.VocabularySize);
        Sampler = new MdlmSampler(adapted.Model, Tokens);
    }

    public Tokenizer Tokenizer { get; }

    public SamplerTokens Tokens { get; }

    public MdlmSampler Sampler { get; }

    /// <summary>Tokens that prompt and answer may have together; null where nothing bounds them.</summary>
    public int? MaximumLength => _adapted.Model.MaximumLength;

    public bool ShiftsLogits => _architecture.ShiftsLogits;

    /// <summary>How its folder says it is sampled.</summary>
    public GenerationConfig Generation { get; }

    /// <summary>How models of its architecture are sampled where neither the folder nor the person says.</summary>
    public SamplingDefaults Defaults => _architecture.Sampling;

    /// <summary>Loads a model, the adapter on it if there is one, and the small files beside them: the adapter's where it brings them.</summary>
    /// <exception cref="UserError">The folder, a file in it, or a token that diffusion needs is missing or wrong.</exception>
    public static TextModel Load(ModelSource source, bool in4Bit, TextWriter warnings)
    {
        var tokenizer = Tokenizer.Load(source.FolderWithTokenizer);
        UserError.ThrowIfAny(ModelChecks.Problems(source.Base, VocabularyFacts.Of(tokenizer)));
        var generation = GenerationConfig.Read(source.FolderWith(GenerationConfig.FileName));
        var loaded = source.Load(in4Bit: in4Bit);
        foreach (var warning in loaded.Warnings) warnings.WriteLine(warning);
        try
        {
            return new TextModel(loaded, source.Base.Architecture, tokenizer, generation);
        }
        catch
        {
            loaded.Dispose();
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

    public void Dispose() => _adapted.Dispose();
}
