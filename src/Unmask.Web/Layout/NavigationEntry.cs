namespace Unmask.Web.Layout;

/// <summary>A place in the rail.</summary>
/// <param name="Path">Its address.</param>
/// <param name="Title">Its name.</param>
/// <param name="Icon">Its icon.</param>
/// <param name="Alias">Other names, such as those in Transformer Lab; found by search and shown by the pointer. Null for none.</param>
public sealed record NavigationEntry(string Path, string Title, string Icon, string? Alias = null)
{
    /// <summary>What a person works on.</summary>
    public static IReadOnlyList<NavigationEntry> Project { get; } =
    [
        new("/", "Home", "home"),
        new("/train", "Train", "train"),
        new("/runs", "Runs", "runs", "Jobs"),
        new("/models", "Models", "models", "Foundation"),
        new("/chat", "Chat", "chat", "Interact"),
    ];

    /// <summary>What the work rests on.</summary>
    public static IReadOnlyList<NavigationEntry> Library { get; } =
    [
        new("/datasets", "Datasets", "datasets"),
        new("/hub", "Hub", "download", "Gallery"),
        new("/plugins", "Plugins", "plugins", "Methods, trainers"),
        new("/computer", "Computer", "computer"),
        new("/settings", "Settings", "settings"),
    ];

    /// <summary>Is a page at <paramref name="path"/> part of this place?</summary>
    public bool Holds(string path) => Path == "/" ? path == "/" : path == Path || path.StartsWith(Path + "/", StringComparison.Ordinal);
}
