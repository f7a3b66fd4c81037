using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;

namespace Unmask.Web.Components;

/// <summary>A part of a page whose work ends when the page is closed.</summary>
public abstract class VisitedComponent : ComponentBase
{
    [CascadingParameter] private HttpContext? Context { get; set; }

    /// <summary>Ends the work when nobody waits for the page any more.</summary>
    protected CancellationToken Closed => Context?.RequestAborted ?? CancellationToken.None;
}
