using System.Text.Json;
using Unmask.Core.Events;
using Unmask.Core.Storage;

namespace Unmask.Core.Tracking.Wandb;

/// <summary>What a run is at Weights &amp; Biases, kept in <c>wandb.json</c> of the run folder, so that a resumed run is the same one there.</summary>
/// <param name="Id">The run's id there.</param>
/// <param name="Started">When its first process began.</param>
/// <param name="Folder">The offline folder that <c>wandb sync</c> uploads, absolute.</param>
/// <param name="Url">Its page; null while it was never connected.</param>
public sealed record WandbLink(string Id, DateTimeOffset Started, string Folder, string? Url = null)
{
    /// <summary>Its name in the run folder.</summary>
    public const string FileName = "wandb.json";

    /// <summary>Reads it; null where the run has none, or it is damaged. A page that is no address of the web is left out.</summary>
    public static WandbLink? Read(string runFolder) => JsonRecord.TryRead<WandbLink>(Path.Combine(runFolder, FileName)) is { } read && IsId(read.Id)
        ? read with { Url = Uri.TryCreate(read.Url, UriKind.Absolute, out Uri? page) && page.Scheme is "https" or "http" ? read.Url : null }
        : null;

    /// <summary>Whether a text can be a run's id there, and a part of a path here.</summary>
    internal static bool IsId(string id) => id.Length is > 0 and <= 128 && id is not ("." or "..") && id.AsSpan().IndexOfAny("/\\#?%:\0") < 0;

    /// <summary>Writes it, whole or not at all.</summary>
    /// <exception cref="UserError">The disk refuses.</exception>
    internal void Write(string runFolder) => Durable.WriteFile(Path.Combine(runFolder, FileName), JsonSerializer.SerializeToUtf8Bytes(this, EventFormat.Options), besides: true);
}
