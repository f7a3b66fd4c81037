using Unmask.Engine.Generation;

namespace Unmask.Engine.Hosting.Chat;

/// <summary>The one model that an engine has loaded to write with.</summary>
internal sealed class ChatModel : IDisposable
{
    private TextDiffusionPipeline? model;

    /// <exception cref="UserError">None is loaded.</exception>
    public TextDiffusionPipeline Loaded => model ?? throw new UserError("No model is loaded. Load a model first.");

    /// <summary>Keeps a model that was loaded after the one before was let go.</summary>
    public TextDiffusionPipeline Keep(TextDiffusionPipeline loaded) => model = loaded;

    public void Dispose()
    {
        model?.Dispose();
        model = null;
    }
}
