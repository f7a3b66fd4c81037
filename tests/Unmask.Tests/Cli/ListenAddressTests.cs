using System.Net;
using Unmask.Cli.Shell;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Cli;

public sealed class ListenAddressTests
{
    private static readonly IPAddress[] own = [IPAddress.Loopback, IPAddress.Parse("192.168.1.5"), IPAddress.Parse("fd00::5")];

    [Theory]
    [InlineData(null, "127.0.0.1", null)]
    [InlineData("localhost", "127.0.0.1", null)]
    [InlineData("LOCALHOST", "127.0.0.1", null)]
    [InlineData("127.0.0.9", "127.0.0.9", null)]
    [InlineData("::1", "::1", null)]
    [InlineData("0.0.0.0", "0.0.0.0", null)]
    [InlineData("::", "::", null)]
    [InlineData("192.168.1.5", "192.168.1.5", null)]
    [InlineData("fd00::5", "fd00::5", null)]
    [InlineData("gpubox", "0.0.0.0", "gpubox")]
    [InlineData("gpubox.local", "0.0.0.0", "gpubox.local")]
    [InlineData("gpubox.example", "192.168.1.5", "gpubox.example")]
    [InlineData("only.example", "127.0.1.1", "only.example")]
    public void Addresses_and_names_of_this_machine_are_listened_on(string? given, string address, string? name) => Assert.Equal((IPAddress.Parse(address), name), Of(given));

    [Theory]
    [InlineData("999.1.1.1", "not an IP address")]
    [InlineData("1.2.3.4.5", "not an IP address")]
    [InlineData("127.1", "not an IP address")]
    [InlineData("2130706433", "not an IP address")]
    [InlineData("0x7f000001", "not an IP address")]
    [InlineData("1:2", "not an IP address")]
    [InlineData("192.168.1.6", "This machine has no address 192.168.1.6; name one of its own with --listen (192.168.1.5, fd00::5)")]
    [InlineData("other.example", "This machine has no address 10.0.0.1, which other.example stands for")]
    [InlineData("localhots", "no machine of that name is known here")]
    [InlineData("", "It must be an IP address such as 0.0.0.0")]
    [InlineData("a b", "It must be an IP address such as 0.0.0.0")]
    [InlineData("http://localhost", "not an IP address")]
    public void Anything_else_is_told(string given, string sentence) => Assert.Contains(sentence, Assert.Throws<UserError>(() => Of(given)).Message, StringComparison.Ordinal);

    private static (IPAddress, string?) Of(string? given) => ListenAddress.Of(given, () => own, Resolve, "gpubox");

    private static IReadOnlyList<IPAddress> Resolve(string name) => name switch
    {
        "gpubox.example" => [IPAddress.Parse("127.0.1.1"), IPAddress.Parse("192.168.1.5")],
        "only.example" => [IPAddress.Parse("127.0.1.1")],
        "other.example" => [IPAddress.Parse("10.0.0.1")],
        _ => [],
    };
}
