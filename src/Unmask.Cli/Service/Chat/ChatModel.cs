using Unmask.Cli.Generation;
using Unmask.Core;

namespace Unmask.Cli.Service.Chat;

/// <summary>The one model that an engine has loaded to write with.</summary>
internal sealed class ChatModel : IDisposable
{
    private TextModel? model;

    /// <exception cref="UserError">None is loaded.</exception>
    public TextModel Loaded => model ?? throw new UserError("No model is loaded; load one first.");

    /// <summary>Gives the memory of the one before back, then loads.</summary>
    public TextModel Replace(Func<TextModel> load)
    {
        Dispose();
        return model = load();
    }

    public void Dispose()
    {
        model?.Dispose();
        model = null;
    }
}
