using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Unmask.Cli.Shell;

/// <summary>Where <c>--listen</c> says to listen: an address of this machine, or a name of it.</summary>
public static class ListenAddress
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(5);

    /// <summary>The address, and the name by which visitors may ask for it; null for none.</summary>
    /// <param name="given">As the person wrote it; null for loopback.</param>
    /// <exception cref="UserError">It is neither an address nor a name of this machine.</exception>
    public static (IPAddress Address, string? Name) Of(string? given) => Of(given, Own, Resolve, Environment.MachineName);

    /// <param name="given">As the person wrote it; null for loopback.</param>
    /// <param name="own">Addresses of this machine.</param>
    /// <param name="resolve">The addresses of a name; none for one that is not known.</param>
    /// <param name="machine">What this machine calls itself.</param>
    /// <inheritdoc cref="Of(string?)"/>
    public static (IPAddress Address, string? Name) Of(string? given, Func<IReadOnlyCollection<IPAddress>> own, Func<string, IReadOnlyList<IPAddress>> resolve, string machine)
    {
        if (given is null || given.Equals("localhost", StringComparison.OrdinalIgnoreCase)) return (IPAddress.Loopback, null);
        string[] parts = given.Split('.');
        bool isFigures = given.Contains(':', StringComparison.Ordinal) || parts.All(part => part.Length > 0 && part.All(char.IsAsciiDigit)) || given.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        if (isFigures)
        {
            // Short forms such as 127.1 mean something else to each program.
            if (!IPAddress.TryParse(given.Trim('[', ']'), out var address) || (address.AddressFamily == AddressFamily.InterNetwork && parts.Length != 4))
                throw new UserError($"--listen is {given}, which is not an IP address. Name one of this machine, such as 127.0.0.1, or 0.0.0.0 for all of them.");
            if (IPAddress.IsLoopback(address) || IsAny(address) || own().Any(one => Same(one, address))) return (address, null);
            throw NotOurs(given, own());
        }

        if (Uri.CheckHostName(given) != UriHostNameType.Dns) throw new UserError($"--listen is {given}. It must be an IP address such as 0.0.0.0, or a name of this machine.");
        // The machine's own name stands for all its addresses, wherever a hosts file leads it.
        if (given.Equals(machine, StringComparison.OrdinalIgnoreCase) || given.Equals(machine + ".local", StringComparison.OrdinalIgnoreCase)) return (IPAddress.Any, given);
        var named = resolve(given);
        if (named.Count == 0) throw new UserError($"--listen is {given}, and no machine of that name is known here; check the spelling, or name an address of this machine, such as 0.0.0.0 for all of them.");
        var ours = own();
        if (named.FirstOrDefault(address => !IPAddress.IsLoopback(address) && ours.Any(one => Same(one, address))) is { } found) return (found, given);
        return named.FirstOrDefault(IPAddress.IsLoopback) is { } loopback ? (loopback, given) : throw NotOurs($"{named[0]}, which {given} stands for", ours);
    }

    private static UserError NotOurs(string address, IReadOnlyCollection<IPAddress> own)
    {
        string[] names = [.. own.Where(one => !IPAddress.IsLoopback(one) && !one.IsIPv6LinkLocal).Select(one => one.ToString())];
        return new($"This machine has no address {address}; name one of its own with --listen{(names.Length > 0 ? $" ({string.Join(", ", names.Take(6))})" : "")}, or 0.0.0.0 for all of them.");
    }

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private static bool Same(IPAddress one, IPAddress other) => one.GetAddressBytes().AsSpan().SequenceEqual(other.GetAddressBytes());

    private static IReadOnlyCollection<IPAddress> Own()
    {
        try
        {
            return [.. NetworkInterface.GetAllNetworkInterfaces().SelectMany(network => network.GetIPProperties().UnicastAddresses).Select(unicast => unicast.Address)];
        }
        catch (NetworkInformationException)
        {
            return [];
        }
    }

    private static IReadOnlyList<IPAddress> Resolve(string name)
    {
        try
        {
            using var stop = new CancellationTokenSource(patience);
            return Dns.GetHostAddressesAsync(name, stop.Token).GetAwaiter().GetResult();
        }
        catch (Exception unknown) when (unknown is SocketException or OperationCanceledException or ArgumentException)
        {
            return [];
        }
    }
}
