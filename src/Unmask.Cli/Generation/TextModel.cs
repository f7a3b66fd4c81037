using Unmask.Core;
using Unmask.Engine.Models;
using Unmask.Engine.Sampling;
using Unmask.Engine.Text;

namespace Unmask.Cli.Generation;

/// <summary>A model folder ready to write text: weights, tokenizer, sampler.</summary>
internal sealed class TextModel : IDisposable
{
    private readonly MaskedLanguageModel _model;
    private readonly Architecture _architecture;

    private TextModel(string folder, MaskedLanguageModel model, Architecture architecture, Tokenizer tokenizer, SamplerTokens tokens)
    {
        Folder = folder;
        _model = model;
        _architecture = architecture;
        Tokenizer = tokenizer;
        Tokens = tokens;
        Sampler = new MdlmSampler(model, tokens);
        // A mask is no text, and an embedding padded to a round size has rows that stand for no token.
        NeverWritten = [tokens.Mask, .. Enumerable.Range(tokenizer.VocabularySize, Math.Max(0, model.VocabularySize - tokenizer.VocabularySize))];
    }

    public string Folder { get; }

    public Tokenizer Tokenizer { get; }

    public SamplerTokens Tokens { get; }

    public MdlmSampler Sampler { get; }

    public IReadOnlyList<int> NeverWritten { get; }

    public bool ShiftsLogits => _architecture.ShiftsLogits;

    /// <summary>Family of the chat template that fits the architecture.</summary>
    public string TemplateFamily => _architecture.ChatTemplate;

    /// <summary>Loads everything in a model folder.</summary>
    /// <exception cref="UserError">The folder, a file in it, or a token that diffusion needs is missing or wrong.</exception>
    public static TextModel Load(string folder, TextWriter warnings)
    {
        var opened = ModelFolder.Open(folder);
        var tokenizer = Tokenizer.Load(folder);
        var special = tokenizer.Special;
        var problems = new List<string>();
        if (special.Mask is null) problems.Add($"The tokenizer in {folder} has no mask token, so its model cannot denoise. Set \"mask_token\" in tokenizer_config.json.");
        if (special.Eos is null && special.Pad is null) problems.Add($"The tokenizer in {folder} has neither an end-of-text nor a padding token. Set \"eos_token\" in tokenizer_config.json.");
        UserError.ThrowIfAny(problems);
        var loaded = opened.Load();
        foreach (var warning in loaded.Warnings) warnings.WriteLine(warning);
        if (tokenizer.VocabularySize > loaded.Model.VocabularySize)
        {
            loaded.Model.Dispose();
            throw new UserError($"The tokenizer in {folder} has {tokenizer.VocabularySize} tokens but the model only {loaded.Model.VocabularySize}; they do not belong together. Copy the tokenizer that the model was trained with.");
        }

        return new TextModel(folder, loaded.Model, opened.Architecture, tokenizer, new SamplerTokens(special.Mask!.Value, special.Eos ?? special.Pad!.Value, special.Bos));
    }

    /// <summary>The answer in a finished row, as text.</summary>
    public string Answer(int[] row, int promptLength, string? endOfTurn)
    {
        var ids = OutputTrim.Answer(row, promptLength, EndTokens(endOfTurn));
        return OutputTrim.Text(Tokenizer.Decode(ids, skipSpecialTokens: true), endOfTurn?.Trim() ?? "").Trim();
    }

    /// <summary>Tokens that end an answer: end of text and, where it is a token, end of turn.</summary>
    public int[] EndTokens(string? endOfTurn) =>
        endOfTurn is not null && Tokenizer.IdOf(endOfTurn) is { } end && end != Tokens.End ? [Tokens.End, end] : [Tokens.End];

    public void Dispose() => _model.Dispose();
}
