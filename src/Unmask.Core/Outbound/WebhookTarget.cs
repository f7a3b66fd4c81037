namespace Unmask.Core.Outbound;

/// <summary>Where events are sent to.</summary>
/// <param name="Address">The address; it may hold a secret, as those of chat services do.</param>
/// <param name="Secret">What events are signed with; null for no signature.</param>
public sealed record WebhookTarget(Uri Address, string? Secret)
{
    /// <summary>Reads an address.</summary>
    /// <exception cref="UserError">It is none.</exception>
    public static WebhookTarget Of(string address, string? secret) => Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
        ? new(uri, secret)
        : throw new UserError("The address of a webhook begins with https:// or http://; copy it again.");
}
