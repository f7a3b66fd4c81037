using System.CommandLine;
using System.Text.Json.Nodes;
using Unmask.Cli.Commands;
using Unmask.Cli.Shell;
using Xunit;

namespace Unmask.Tests.Cli;

public sealed class BenchLinearCommandTests
{
    [Fact]
    public void Four_kinds_are_timed()
    {
        using var output = new StringWriter();
        Assert.Equal(ExitCode.Done, BenchLinearCommand.Create().Parse(["--width", "256", "--rows", "8", "--repetitions", "2", "--json"]).Invoke(new InvocationConfiguration { Output = output }));
        var rows = JsonNode.Parse(output.ToString())!["rows"]!.AsArray();
        Assert.Equal(["plain float32", "nf4 float32", "plain bfloat16", "nf4 bfloat16"], rows.Select(row => (string?)row!["kind"]));
        Assert.All(rows, row => Assert.InRange((double)row!["forward_backward_ms"]!, 1e-6, 1e5));
        Assert.Equal([32, 4.127, 16, 4.127], rows.Select(row => Math.Round((double)row!["bits_of_weight"]!, 3)));
    }
}
