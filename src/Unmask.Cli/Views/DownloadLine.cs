using System.Collections.Concurrent;
using Unmask.Cli.Shell;
using Unmask.Core.Hub.Datasets;
using Unmask.Core.Hub.Http;

namespace Unmask.Cli.Views;

/// <summary>One line on a terminal that says how far a download is. Where the output is no terminal, sentences only.</summary>
/// <param name="error">Standard error.</param>
/// <param name="name">What is downloaded.</param>
public sealed class DownloadLine(TextWriter error, string name)
{
    private const int Width = 100;

    private readonly bool live = ReferenceEquals(error, Console.Error) && !Console.IsErrorRedirected;
    private readonly Lock gate = new();
    private readonly TextWriter terminal = Screen.Raw(error);
    private bool shown;

    /// <summary>Folders of models and datasets, with a line for each download.</summary>
    public static HubFolders Folders(TextWriter error, CancellationToken stop)
    {
        var lines = new ConcurrentDictionary<HubId, DownloadLine>();
        return new HubFolders((id, far) => lines.GetOrAdd(id, named => new DownloadLine(error, named.ToString())).Show(far), error.WriteLine, stop);
    }

    /// <summary>Shows how far it is; the line is gone when it is whole.</summary>
    public void Show(HubProgress far)
    {
        if (!live) return;
        lock (gate)
        {
            var text = far.Files == far.TotalFiles ? "" : TerminalText.Clean($"{name}: {Text(far)}");
            terminal.Write($"\r{(text.Length > Width ? text[..Width] : text.PadRight(Width))}\r");
            shown = text.Length > 0;
        }
    }

    /// <summary>Says a sentence on a line of its own.</summary>
    public void Say(string sentence)
    {
        lock (gate)
        {
            if (shown) terminal.Write($"\r{new string(' ', Width)}\r");
            shown = false;
            error.WriteLine(sentence);
        }
    }

    /// <summary>How far a download is, in words.</summary>
    internal static string Text(HubProgress far) =>
        $"{Format.Bytes(far.Bytes)} of {Format.Bytes(far.TotalBytes)}, {far.Files} of {far.TotalFiles} files"
        + (far.BytesPerSecond is { } rate ? $", {Format.Bytes((long)rate)}/s, {Format.Duration(far.Left?.TotalSeconds)} left" : "");
}
