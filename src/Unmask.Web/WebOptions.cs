using System.Net;
using Unmask.Core.Jobs;
using Unmask.Core.Workspaces;

namespace Unmask.Web;

/// <summary>How the workbench is served.</summary>
public sealed record WebOptions
{
    /// <summary>The port that is used unless another is asked for.</summary>
    public const int UsualPort = 8337;

    /// <summary>Address to listen on. Anything but loopback opens the workbench to the network.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>A name of this machine that visitors may ask for, beside the address; null for none but its own.</summary>
    public string? Name { get; init; }

    /// <summary>The home folder.</summary>
    public required Workspace Workspace { get; init; }

    /// <summary>How engines and workers are started, and the GPUs that they can use.</summary>
    public required SchedulerOptions Scheduler { get; init; }

    /// <summary>0 takes any free port.</summary>
    public int Port { get; init; } = UsualPort;

    /// <summary>Adds the style guide and details of faults.</summary>
    public bool Development { get; init; }

    /// <summary>What every visitor must show, for other accounts of this machine reach loopback, too; made anew at each start. Null lets everybody in.</summary>
    public string? Token { get; init; }

    /// <summary>Gets the log, too, with refused requests in it; null for the file alone.</summary>
    public TextWriter? Log { get; init; }

    /// <summary>Does only this machine reach it?</summary>
    public bool IsLoopback => IPAddress.IsLoopback(Address);
}
