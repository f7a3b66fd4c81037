using Unmask.Core.Protocol;
using Unmask.Engine.Generation.Decoding;
using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Adapters;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Engine.Runtime;
using Unmask.Text.ChatTemplates;
using Unmask.Text.Tokenizers;

using static TorchSharp.torch;

namespace Unmask.Engine.Generation;

/// <summary>A model folder ready to write text: weights, tokenizer, sampler.</summary>
public sealed class TextDiffusionPipeline : IDisposable
{
    private const int UsualNewTokens = 128;

    private readonly AdaptedModel _adapted;
    private readonly Architecture _architecture;
    private readonly GenerationConfig _generation;

    private TextDiffusionPipeline(AdaptedModel adapted, Architecture architecture, Tokenizer tokenizer, GenerationConfig generation)
    {
        _adapted = adapted;
        _architecture = architecture;
        Tokenizer = tokenizer;
        _generation = generation;
        Tokens = SamplerTokens.Of(tokenizer, adapted.Model.VocabularySize);
        Sampler = new MdlmSampler(adapted.Model, Tokens);
    }

    /// <summary>Where models write: the first GPU that this build can use, else the processor.</summary>
    public static Device Device => UnmaskRuntime.Start().CudaAvailable ? CUDA : CPU;

    /// <summary>The device of that name; <see cref="Device"/> for null.</summary>
    /// <exception cref="UserError">This machine, or this build, has no such device.</exception>
    public static Device DeviceOf(string? name)
    {
        var usual = Device;
        if (name is null) return usual;
        string[] known = ["cpu", .. usual.type == TorchSharp.DeviceType.CUDA ? Enumerable.Range(0, cuda.device_count()).Select(index => $"cuda:{index}") : []];
        return known.Contains(name) ? new Device(name) : throw new UserError($"The device is {name}; this machine has {string.Join(", ", known)}.");
    }

    public Tokenizer Tokenizer { get; }

    public SamplerTokens Tokens { get; }

    public MdlmSampler Sampler { get; }

    /// <summary>Tokens that prompt and answer may have together; null where nothing bounds them.</summary>
    public int? MaximumLength => _adapted.Model.MaximumLength;

    /// <summary>Loads a model, the adapter on it if there is one, and the small files beside them: the adapter's where it brings them.</summary>
    /// <param name="source">What to load.</param>
    /// <param name="in4Bit">Whether to hold the linear layers in 4 bits.</param>
    /// <param name="warnings">Told what loading had to say.</param>
    /// <param name="dtype">Type of the weights; as stored when null.</param>
    /// <param name="passed">As for <see cref="ModelFolder.Load"/>.</param>
    /// <param name="device">Where to; <see cref="Device"/> when null.</param>
    /// <exception cref="UserError">The folder, a file in it, or a token that diffusion needs is missing or wrong.</exception>
    public static TextDiffusionPipeline Load(ModelSource source, bool in4Bit, TextWriter warnings, ScalarType? dtype = null, Action<long>? passed = null, Device? device = null)
    {
        var tokenizer = Tokenizer.Load(source.FolderWithTokenizer);
        UserError.ThrowIfAny(ModelChecks.Problems(source.Base, VocabularyFacts.Of(tokenizer)));
        var generation = GenerationConfig.Read(source.FolderWith(GenerationConfig.FileName));
        var loaded = source.Load(device ?? Device, dtype, in4Bit, passed);
        foreach (var warning in loaded.Warnings) warnings.WriteLine(warning);
        try
        {
            return new TextDiffusionPipeline(loaded, source.Base.Architecture, tokenizer, generation);
        }
        catch
        {
            loaded.Dispose();
            throw;
        }
    }

    /// <summary>The choices with what its folder says, else what is usual for its architecture, where the person says nothing.</summary>
    /// <param name="choices">What the person says.</param>
    /// <param name="promptTokens">Tokens of the longest prompt, which leaves the rest to the answer.</param>
    public SamplerChoices Complete(SamplerChoices choices, int promptTokens)
    {
        var (folder, usual) = (_generation, _architecture.Sampling);
        var room = Math.Max(1, (MaximumLength ?? int.MaxValue) - promptTokens);
        var count = choices.MaxNewTokens ?? Math.Min(folder.MaxNewTokens ?? UsualNewTokens, room);
        return choices with
        {
            MaxNewTokens = count,
            // The folder's steps belong to its own number of tokens.
            Steps = choices.Steps ?? (count == folder.MaxNewTokens ? folder.Steps : null) ?? count,
            BlockSize = choices.BlockSize ?? folder.BlockLength ?? usual.BlockSize,
            Temperature = choices.Temperature ?? folder.Temperature ?? usual.Temperature,
            TopP = choices.TopP ?? usual.TopP,
            TopK = choices.TopK ?? usual.TopK,
            Remasking = choices.Remasking ?? folder.Alg ?? usual.Remasking,
        };
    }

    /// <summary>The sampler's options for continuing prompts of at most <paramref name="promptTokens"/> tokens.</summary>
    public SamplerOptions Options(SamplerChoices choices, int promptTokens)
    {
        var complete = Complete(choices, promptTokens);
        return new SamplerOptions
        {
            MaxNewTokens = complete.MaxNewTokens,
            Steps = complete.Steps!.Value,
            BlockSize = complete.BlockSize,
            Temperature = complete.Temperature!.Value,
            TopP = complete.TopP,
            TopK = complete.TopK,
            Remasking = complete.Remasking!.Value,
            ConfidenceTemperature = complete.AlgTemp,
            CfgScale = complete.CfgScale,
            SuppressTokens = complete.SuppressTokens,
            Seed = complete.Seed,
            RightShiftLogits = _architecture.ShiftsLogits,
        };
    }

    /// <summary>The sampler's options for filling <paramref name="masks"/> masks. A gap holds text: no special token ends up in it.</summary>
    public SamplerOptions OptionsForInfill(SamplerChoices choices, int masks) => Options(choices, promptTokens: 0) with
    {
        Steps = choices.Steps ?? masks,
        BlockSize = choices.BlockSize,
        SuppressTokens = [.. choices.SuppressTokens, .. Tokenizer.AddedTokens.Where(token => token.Value.Special).Select(token => token.Key)],
    };

    /// <summary>Conversations by the template <paramref name="choice"/>, or by the tokenizer's own; null when neither is there.</summary>
    public ConversationTokens? Conversations(string? choice) =>
        choice is null && Tokenizer.ChatTemplate is null ? null : new ConversationTokens(Tokenizer, ChatTemplate.Choose(choice ?? "tokenizer", Tokenizer.ChatTemplate));

    /// <summary>As above, with the template of the model's family where there is no other.</summary>
    public ConversationTokens ConversationsOrFamily(string? choice) => Conversations(choice) ?? Conversations(_architecture.ChatTemplate)!;

    /// <summary>Reads answers out of finished rows.</summary>
    public AnswerText Answers(ConversationTokens? chat) => new(Tokenizer, Tokens, chat?.EndOfTurn);

    public void Dispose() => _adapted.Dispose();
}
