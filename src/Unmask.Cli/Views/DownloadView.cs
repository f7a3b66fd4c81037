using Unmask.Cli.Shell;
using Unmask.Cli.Views.Training;
using Unmask.Core.Events;

namespace Unmask.Cli.Views;

/// <summary>The panel of a training on a terminal, from the first byte of a download that comes before it; without a download there is none.</summary>
/// <param name="output">The terminal.</param>
/// <param name="stop">Shown as stopping once it is cancelled.</param>
internal sealed class DownloadView(TextWriter output, CancellationToken stop) : IEventSink, IDisposable
{
    private LiveTrainingView? view;

    public void Write(RunEvent happened) => (view ??= new LiveTrainingView(Screen.On(output), stop)).Write(happened);

    public void Dispose() => view?.Dispose();
}
