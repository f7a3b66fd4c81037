using Unmask.Engine.Modeling.Attention;
using Xunit;
using static TorchSharp.torch;

namespace Unmask.Tests.Models;

public sealed class AttentionContextTests
{
    [Fact]
    public void All_layers_of_a_forward_rotate_by_one_table_and_a_forward_that_has_ended_keeps_none()
    {
        using var scope = NewDisposeScope();
        var x_NHK = rand(5, 2, 8);
        var context = new AttentionContext([3, 2]);
        var first = context.Rotary(8, 10_000, x_NHK);
        var rotated = first.Apply(x_NHK);

        Assert.Same(first, context.Rotary(8, 10_000, x_NHK));
        Assert.NotSame(first, context.Rotary(8, 500, x_NHK));

        context.Dispose();
        var again = context.Rotary(8, 10_000, x_NHK);
        Assert.NotSame(again, context.Rotary(8, 10_000, x_NHK));
        Assert.True(rotated.eq(again.Apply(x_NHK)).all().item<bool>());
    }
}
