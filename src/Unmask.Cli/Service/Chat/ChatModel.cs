using Unmask.Cli.Generation;
using Unmask.Primitives;

namespace Unmask.Cli.Service.Chat;

/// <summary>The one model that an engine has loaded to write with.</summary>
internal sealed class ChatModel : IDisposable
{
    private TextModel? model;

    /// <exception cref="UserError">None is loaded.</exception>
    public TextModel Loaded => model ?? throw new UserError("No model is loaded; load one first.");

    /// <summary>Keeps a model that was loaded after the one before was let go.</summary>
    public TextModel Keep(TextModel loaded) => model = loaded;

    public void Dispose()
    {
        model?.Dispose();
        model = null;
    }
}
