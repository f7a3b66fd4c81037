using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.AI;
using Unmask.Core.Hub.Datasets;
using Unmask.Engine.Generation;
using Unmask.Engine.Hosting.Calls;
using Unmask.Engine.Modeling.Adapters;
using Unmask.Engine.Modeling.Checkpoints;

namespace Unmask;

/// <summary>
/// A masked-diffusion language model, loaded. Calls from several threads wait for each other; each is cancelled between two denoising steps. Errors that a caller can correct are
/// <see cref="UnmaskException"/>.
/// </summary>
/// <example>
/// <code>
/// using var model = await UnmaskModel.OpenAsync("runs/quickstart/outputs");
/// var result = await model.GenerateAsync("information");
/// var filled = await model.InfillAsync("The ___ sat on the [MASK].");
/// IChatClient chat = model.AsChatClient();
/// </code>
/// </example>
public sealed class UnmaskModel : IDisposable
{
    private readonly ComputeThread compute;
    private readonly TextDiffusionPipeline pipeline;
    private bool isDisposed;

    private UnmaskModel(string id, ComputeThread compute, TextDiffusionPipeline pipeline, string device) => (Id, this.compute, this.pipeline, Device) = (id, compute, pipeline, device);

    /// <summary>Folder or Hub id that it was opened from.</summary>
    public string Id { get; }

    /// <summary>The device that its weights are on.</summary>
    public string Device { get; }

    /// <summary>Tokens that prompt and answer may have together; null where nothing bounds them.</summary>
    public int? MaxLength => pipeline.MaximumLength;

    /// <summary>Opens a model, or an adapter with the model that it names. What is of the Hub is downloaded once and cached.</summary>
    /// <param name="model">A folder, or <c>owner/name</c> on the Hugging Face Hub.</param>
    /// <param name="options">Device, data type, adapter; null for the defaults.</param>
    /// <param name="cancellationToken">Ends a download; what was downloaded is kept.</param>
    /// <exception cref="UnmaskException">The model is missing or cannot be used.</exception>
    public static async Task<UnmaskModel> OpenAsync(string model, ModelOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(model);
        options ??= new ModelOptions();
        var compute = new ComputeThread();
        try
        {
            UnmaskModel? opened = null;
            await compute.RunAsync(() => opened = UnmaskException.Guard(() => Open(model, options, compute, cancellationToken))).ConfigureAwait(false);
            return opened!;
        }
        catch
        {
            compute.Dispose();
            throw;
        }
    }

    /// <summary>Answers a prompt by the model's chat template, or continues it where there is none or <see cref="GenerationOptions.RawPrompt"/> is set.</summary>
    public Task<GenerationResult> GenerateAsync(string prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        Last(StreamAsync(prompt, options, cancellationToken));

    /// <summary>Fills the gaps of a text: <c>[MASK]</c> is one token, <c>[MASK:5]</c> five, <c>___</c> as many tokens as underscores (three or more).</summary>
    public Task<GenerationResult> InfillAsync(string text, GenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        Last(StreamInfillAsync(text, options, cancellationToken));

    /// <summary>As <see cref="GenerateAsync"/>, with the text after every denoising step.</summary>
    public IAsyncEnumerable<DenoisingFrame> StreamAsync(string prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return Stream(() => DenoisingSession.OfPrompt(pipeline, prompt, options ?? new GenerationOptions()), cancellationToken);
    }

    /// <summary>As <see cref="InfillAsync"/>, with the text after every denoising step.</summary>
    public IAsyncEnumerable<DenoisingFrame> StreamInfillAsync(string text, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Stream(() => DenoisingSession.OfGaps(pipeline, text, options ?? new GenerationOptions()), cancellationToken);
    }

    /// <summary>The model as a chat client of Microsoft.Extensions.AI. Disposing the client leaves the model open.</summary>
    public IChatClient AsChatClient() => new UnmaskChatClient(this);

    /// <summary>Frees the memory of the model, once what it is doing has ended.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref isDisposed, true)) return;
        compute.RunAsync(pipeline.Dispose).GetAwaiter().GetResult();
        compute.Dispose();
    }

    internal IAsyncEnumerable<DenoisingFrame> StreamChat(IReadOnlyList<Text.ChatTemplates.Message> messages, GenerationOptions options, CancellationToken cancellationToken) =>
        Stream(() => DenoisingSession.OfChat(pipeline, messages, options), cancellationToken);

    private static UnmaskModel Open(string model, ModelOptions options, ComputeThread compute, CancellationToken stop)
    {
        ProcessTuning.Start();
        var device = TextDiffusionPipeline.DeviceOf(options.Device);
        if (options.DataType is { } type && !WeightTypes.Names.Contains(type)) throw new UserError($"DataType is {type}; it must be one of {string.Join(", ", WeightTypes.Names)}.");
        var folders = new HubFolders(static (_, _) => { }, sentence => options.Log?.Invoke(sentence), stop);
        var source = ModelSource.Open(folders.Model(model), options.Adapter is { } adapter ? folders.Model(adapter) : null);
        using var warnings = new StringWriter();
        var pipeline = TextDiffusionPipeline.Load(source, options.LoadIn4Bit, warnings, WeightTypes.Of(options.DataType), device: device);
        foreach (var warning in warnings.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)) options.Log?.Invoke(warning);
        return new UnmaskModel(model, compute, pipeline, device.ToString());
    }

    private static async Task<GenerationResult> Last(IAsyncEnumerable<DenoisingFrame> frames)
    {
        GenerationResult? result = null;
        await foreach (var frame in frames.ConfigureAwait(false)) result = frame.Result;
        return result!;
    }

    private async IAsyncEnumerable<DenoisingFrame> Stream(Func<DenoisingSession> begin, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var frames = Channel.CreateUnbounded<DenoisingFrame>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        var work = compute.RunAsync(() =>
        {
            try
            {
                UnmaskException.Guard(() => begin().Run(frame => frames.Writer.TryWrite(frame), stop.Token));
            }
            finally
            {
                frames.Writer.Complete();
            }
        });
        try
        {
            await foreach (var frame in frames.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false)) yield return frame;
            await work.ConfigureAwait(false);
        }
        finally
        {
            // Whoever stops reading stops the work.
            await stop.CancelAsync().ConfigureAwait(false);
            await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
