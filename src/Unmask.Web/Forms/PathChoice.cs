using Unmask.Core.Parameters;

namespace Unmask.Web.Forms;

/// <summary>Something that a setting with a path may name.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Title">What people call it.</param>
/// <param name="Kind">What it is, the heading it stands under.</param>
public sealed record PathChoice(string Path, string Title, string Kind);

/// <summary>What the workbench knows that settings with a path may name.</summary>
/// <param name="Datasets">Files and folders with rows.</param>
/// <param name="Models">Folders of models and adapters.</param>
public sealed record PathChoices(IReadOnlyList<PathChoice> Datasets, IReadOnlyList<PathChoice> Models)
{
    /// <summary>Nothing known.</summary>
    public static PathChoices None { get; } = new([], []);

    /// <summary>Those that fit a setting.</summary>
    public IReadOnlyList<PathChoice> For(Setting setting) => setting.Name switch
    {
        "model" or "tokenizer" => Models,
        _ => Datasets,
    };
}
