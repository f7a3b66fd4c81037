using System.Net;

namespace Unmask.Web.Security;

/// <summary>
/// The names by which this workbench is asked for, in the Host header. A site whose own name is made to resolve to this machine has another one. An address in
/// figures resolves to nothing else, so any of them will do where the workbench listens on all.
/// </summary>
/// <param name="address">The address that it listens on.</param>
/// <param name="given">The name that it was started with, if any.</param>
/// <param name="machine">What this machine calls itself.</param>
internal sealed class OwnNames(IPAddress address, string? given, string machine)
{
    private readonly bool loopback = IPAddress.IsLoopback(address);
    private readonly bool all = address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    /// <summary>Whether a host, without its port, is one of them.</summary>
    public bool Has(string host)
    {
        if (IPAddress.TryParse(host.Trim('[', ']'), out var asked)) return loopback ? IPAddress.IsLoopback(asked) : all || asked.Equals(address);
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase)) return loopback || all;
        return (loopback ? [given] : new[] { given, machine, machine + ".local" }).Contains(host, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The sentence for a host that is none of them.</summary>
    public string Refusal(string host) => loopback
        ? $"This workbench answers to localhost{(given is null ? "" : $", {given}")} and 127.0.0.1 only, but the request names {host}."
        : $"This workbench answers to {(all ? "addresses in figures" : address)}{(given is null ? "" : $", {given}")} and {machine}, but the request names {host}. Use one of those, or start the workbench with a name of this machine: unmask serve --listen NAME";
}
