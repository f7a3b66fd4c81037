using System.Net;

namespace Unmask.Core.Hub.Http;

/// <summary>What a call was about, for the sentence when it fails.</summary>
/// <param name="Id">The model or dataset; null where it is about none.</param>
/// <param name="File">The file in it; null where it is about none.</param>
internal sealed record HubSubject(HubId? Id = null, string? File = null);

/// <summary>Sentences for everything that the Hub can answer instead of what was asked for.</summary>
public static class HubErrors
{
    private const string FaultKey = "unmask.hub_fault";

    /// <summary>Why the Hub gave nothing; null where the error has nothing to do with it.</summary>
    public static HubFault? FaultOf(UserError error) => error.Data[FaultKey] as HubFault?;

    /// <summary>Can the Hub not be reached now, so that what is cached has to do?</summary>
    internal static bool IsAbsence(UserError error) => FaultOf(error) is HubFault.Offline or HubFault.NoNetwork or HubFault.Busy or HubFault.RateLimited;

    internal static UserError Of(HubFault fault, string sentence)
    {
        var error = new UserError(sentence);
        error.Data[FaultKey] = fault;
        return error;
    }

    internal static UserError Offline(HubSubject about) =>
        Of(HubFault.Offline, $"{Capital(Named(about))} cannot be asked for: HF_HUB_OFFLINE is set. Unset HF_HUB_OFFLINE, or use the cache (`unmask hub cache list`).");

    internal static UserError NoNetwork(HubSettings settings, string cause) =>
        Of(HubFault.NoNetwork, $"{settings.Address} cannot be reached: {cause.TrimEnd('.')}. Check the network, or set HF_HUB_OFFLINE=1 to use what is in the cache only.");

    internal static UserError NotTheHub(HubSettings settings, string what) =>
        Of(HubFault.Unexpected, $"{settings.Address} answered {what}, which the Hub never does. Check HF_ENDPOINT, and whether a proxy stands between.");

    /// <summary>What an answer that is no success says.</summary>
    /// <param name="settings">Whose Hub, and who asked.</param>
    /// <param name="about">What was asked for.</param>
    /// <param name="status">Its status.</param>
    /// <param name="code">Header X-Error-Code.</param>
    /// <param name="message">Header X-Error-Message, or the body's <c>error</c>.</param>
    /// <param name="wait">How long the Hub asks to wait.</param>
    internal static UserError Answered(HubSettings settings, HubSubject about, HttpStatusCode status, string? code, string? message, TimeSpan? wait)
    {
        string said = message is { Length: > 0 } ? $" It says: {Short(settings.WithoutSecrets(message))}" : "";
        bool badToken = settings.HasToken && status == HttpStatusCode.Unauthorized && (message?.Contains("Invalid credentials", StringComparison.OrdinalIgnoreCase) == true || code is null or "InvalidToken");
        return (code, (int)status) switch
        {
            ("GatedRepo", _) => Gated(settings, about),
            ("RevisionNotFound", _) => Of(HubFault.NoRevision, $"{about.Id?.Name} has no revision \"{about.Id?.Revision}\". Name a branch, a tag, a commit or refs/pr/NUMBER; {PageOf(settings, about)} lists them."),
            ("EntryNotFound", _) => Of(HubFault.NoFile, $"{about.Id} has no file {about.File}. {PageOf(settings, about)}/tree/main lists its files."),
            (_, 401) when badToken => Of(HubFault.BadToken, $"The token in {settings.TokenSource} was rejected by {settings.Address}: mistyped, expired or revoked. Create a new token on {settings.Address}/settings/tokens, or unset the token for public repositories."),
            ("RepoNotFound", _) or (_, 401) => Missing(settings, about),
            (_, 404) when about is { Id: not null, File: null } => Missing(settings, about),
            (_, 404) => Of(HubFault.NoFile, $"{settings.Address} has no {Named(about)}.{said}"),
            (_, 403) => Of(HubFault.Forbidden, $"{settings.Address} forbids {Named(about)}.{said} {(settings.HasToken ? $"The token in {settings.TokenSource} was sent; check what it may do on {settings.Address}/settings/tokens." : "No token was sent; set HF_TOKEN to one of an account that may read it.")}"),
            (_, 429) => Of(HubFault.RateLimited, $"{settings.Address} has had too many calls from here{(wait is { } time ? $" and asks to wait {Seconds(time)}" : "")}. Try again later{(settings.HasToken ? "" : ", or set HF_TOKEN: who is known may call more often")}."),
            (_, >= 500) => Of(HubFault.Busy, $"{settings.Address} cannot answer now ({(int)status}), also after several tries.{said} Try again later; what was downloaded is kept."),
            _ => Of(HubFault.Unexpected, $"{settings.Address} answered {(int)status} for {Named(about)}.{said}"),
        };
    }

    internal static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(time.TotalSeconds):0} s");

    private static UserError Gated(HubSettings settings, HubSubject about) => Of(
        HubFault.Gated,
        $"{about.Id?.Name} is gated: its owners grant access. Ask for it on {PageOf(settings, about)}; "
        + (settings.HasToken ? $"the token in {settings.TokenSource} was sent, and its account has no access yet." : $"no token was sent, so also set HF_TOKEN to one of your account ({settings.Address}/settings/tokens)."));

    private static UserError Missing(HubSettings settings, HubSubject about)
    {
        if (about.Id is not { } id) return Of(HubFault.Missing, $"{settings.Address} asks who you are, and no token is set; set HF_TOKEN ({settings.Address}/settings/tokens).");
        string other = id.Kind == HubKind.Model ? "If it is a dataset, ask for it as one." : "If it is a model, ask for it as one.";
        return Of(HubFault.Missing, settings.HasToken
            ? $"There is no {HubId.Word(id.Kind)} {id.Name} on {settings.Address} that the token in {settings.TokenSource} may see: it is missing, or private and of others. Check the spelling. {other}"
            : $"The {HubId.Word(id.Kind)} {id.Name} is missing on {settings.Address}, or private (the Hub does not report which to anonymous users). Check the spelling, or set HF_TOKEN to a token with read access. {other}");
    }

    private static string PageOf(HubSettings settings, HubSubject about) => about.Id is { } id ? $"{settings.Address}/{id.Page}" : settings.Address;

    private static string Named(HubSubject about) => about switch
    {
        { Id: { } id, File: { } file } => $"{file} of {id}",
        { Id: { } id } => $"the {HubId.Word(id.Kind)} {id}",
        _ => "the Hub",
    };

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    /// <summary>One line of what a server says, with a full stop.</summary>
    private static string Short(string message)
    {
        string line = string.Join(' ', message.Split((char[])['\r', '\n', '\t', ' '], StringSplitOptions.RemoveEmptyEntries));
        return (line.Length > 300 ? line[..300] + "..." : line).TrimEnd('.') + ".";
    }
}
