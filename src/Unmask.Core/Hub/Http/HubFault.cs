namespace Unmask.Core.Hub.Http;

/// <summary>Why the Hub gave nothing.</summary>
public enum HubFault
{
    /// <summary>Calls are forbidden by HF_HUB_OFFLINE.</summary>
    Offline,

    /// <summary>Nobody answers, or the connection breaks again and again.</summary>
    NoNetwork,

    /// <summary>It answers that it cannot now (5xx).</summary>
    Busy,

    /// <summary>Too many calls (429).</summary>
    RateLimited,

    /// <summary>There is no such repository, or it is private.</summary>
    Missing,

    /// <summary>Its owners have to grant access first.</summary>
    Gated,

    /// <summary>The token is not known.</summary>
    BadToken,

    /// <summary>The token is known and may not do this.</summary>
    Forbidden,

    /// <summary>The repository has no such branch, tag or commit.</summary>
    NoRevision,

    /// <summary>The revision has no such file.</summary>
    NoFile,

    /// <summary>What came is not what was promised.</summary>
    WrongContent,

    /// <summary>Something else.</summary>
    Unexpected,
}
