using System.CommandLine;
using Unmask.Cli.Views;
using Unmask.Core.Parameters;
using Unmask.Core.Protocol;
using Unmask.Engine.Generation;
using Unmask.Engine.Generation.Decoding;
using Unmask.Engine.Modeling.Adapters;

namespace Unmask.Cli.Generation;

/// <summary>The options of the commands that generate text.</summary>
internal sealed class GenerationSettings
{
    private static readonly List<string?> remaskings = [.. ParameterCatalog.Find("sample_remasking")!.Choices];

    public Option<string> Model { get; } = new("--model")
    {
        Description = "Model folder (config.json, safetensors, tokenizer files), adapter folder, or owner/name on the Hugging Face Hub.",
        Required = true,
        HelpName = "DIR",
    };

    public Option<bool> LoadIn4bit { get; } = new("--load-in-4bit") { Description = "Load linear layers in 4-bit (nf4): about a quarter of the memory, slightly lower quality." };

    public Option<string?> Adapter { get; } = new("--adapter", "--adaptor")
    {
        Description = "Adapter folder (peft format), or owner/name on the Hub.",
        HelpName = "DIR",
    };

    public Option<int?> MaxNewTokens { get; } = new("--max-new-tokens")
    {
        Description = "Maximum number of new tokens. [default: generation_config.json, else 128 or the remaining context]",
    };

    public Option<int?> Steps { get; } = new("--steps")
    {
        Description = "Denoising steps; fewer steps are faster, at lower quality. [default: generation_config.json, else 1 per token]",
    };

    public Option<int?> BlockSize { get; } = new("--block-size")
    {
        Description = "Block length (tokens); blocks are denoised from left to right. [default: generation_config.json, else 32, for Dream the whole canvas; with --infill the whole text]",
    };

    public Option<double?> Temperature { get; } = new("--temperature")
    {
        Description = "Sampling temperature; 0 is greedy decoding. [default: generation_config.json, else 0, for Dream 0.2]",
    };

    public Option<double?> TopP { get; } = new("--top-p")
    {
        Description = "Nucleus sampling: cumulative probability of the candidate tokens. [default: 1, for Dream 0.95]",
    };

    public Option<int?> TopK { get; } = new("--top-k")
    {
        Description = "Sample from the k most probable tokens. [default: all, for Dream 50]",
    };

    public Option<string?> Remasking { get; } = new Option<string?>("--remasking", "--alg")
    {
        Description = "Remasking strategy: which predictions a step keeps, by confidence or at random (random, origin). [default: generation_config.json, else low_confidence, for Dream entropy]",
    }.AcceptOnlyFromAmong([.. remaskings!]);

    public Option<double> AlgTemp { get; } = new("--alg-temp")
    {
        Description = "Temperature of the unmasking order; above 0 the kept predictions are sampled by confidence instead of ranked.",
        DefaultValueFactory = _ => 0,
    };

    public Option<double> CfgScale { get; } = new("--cfg-scale")
    {
        Description = "Classifier-free guidance scale; 0 is off. Above 0 each step costs two forward passes.",
        DefaultValueFactory = _ => 0,
    };

    public Option<long> Seed { get; } = new("--seed")
    {
        Description = "Random seed; the same seed reproduces the output.",
        DefaultValueFactory = _ => 0,
    };

    public IEnumerable<Option> All => [Model, Adapter, LoadIn4bit, MaxNewTokens, Steps, BlockSize, Temperature, TopP, TopK, Remasking, AlgTemp, CfgScale, Seed];

    /// <summary>The model and the adapter that are named, brought from the Hub where they are of it.</summary>
    /// <exception cref="Unmask.Primitives.UserError">They are neither here nor to be had.</exception>
    public ModelSource Source(ParseResult parse, CancellationToken stop)
    {
        var folders = DownloadLine.Folders(parse.InvocationConfiguration.Error, stop);
        return ModelSource.Open(folders.Model(parse.GetValue(Model)!), parse.GetValue(Adapter) is { } adapter ? folders.Model(adapter) : null);
    }

    /// <summary>The sampler's options for continuing prompts of at most <paramref name="promptTokens"/> tokens.</summary>
    public SamplerOptions Read(ParseResult parse, TextDiffusionPipeline model, int promptTokens) => model.Options(Choices(parse), promptTokens);

    /// <summary>The sampler's options for filling <paramref name="masks"/> masks.</summary>
    public SamplerOptions ReadForInfill(ParseResult parse, TextDiffusionPipeline model, int masks) => model.OptionsForInfill(Choices(parse), masks);

    private SamplerChoices Choices(ParseResult parse) => new()
    {
        MaxNewTokens = parse.GetValue(MaxNewTokens),
        Steps = parse.GetValue(Steps),
        BlockSize = parse.GetValue(BlockSize),
        Temperature = parse.GetValue(Temperature),
        TopP = parse.GetValue(TopP),
        TopK = parse.GetValue(TopK),
        Remasking = parse.GetValue(Remasking) is { } way ? Enum.GetValues<Remasking>()[remaskings.IndexOf(way)] : null,
        AlgTemp = parse.GetValue(AlgTemp),
        CfgScale = parse.GetValue(CfgScale),
        Seed = parse.GetValue(Seed),
    };
}
