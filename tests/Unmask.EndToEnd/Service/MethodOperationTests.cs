using Unmask.Core.Parameters;
using Unmask.Core.Protocol;
using Xunit;

namespace Unmask.EndToEnd.Service;

/// <summary>The cards of the methods, and their self-tests, asked of a real engine.</summary>
public sealed class MethodOperationTests
{
    [Fact]
    public async Task Every_method_has_a_card_that_judges_this_machine()
    {
        await using var engine = Engines.Start();

        var cards = (await engine.AskAsync(new MethodsRequest())).Methods;

        Assert.Equal(["bert", "dream", "llada"], cards.Select(card => card.Id));
        Assert.All(cards, card =>
        {
            Assert.Equal(MethodKind.Trainer, card.Kind);
            Assert.NotEqual(HardwareLevel.Unfit, card.Hardware.Level);
            Assert.Contains("GiB", card.Hardware.Sentence);
            Assert.All(card.Architectures, architecture => Assert.True(architecture.Sizes[0].Fits));
            Assert.All(card.Recipes, recipe => Assert.True(File.Exists(Path.Combine(Executable.Repository, "recipes", recipe.Name + ".yaml")), recipe.Name));
        });
        Assert.Equal(["BertForMaskedLM", "ModernBertForMaskedLM"], cards[0].Architectures.Select(architecture => architecture.ClassName));
        Assert.Equal(7_615_616_512, cards[1].Architectures[0].Published[0].Parameters);
        Assert.Equal(8_015_581_184, cards[2].Architectures[0].Published[0].Parameters);
    }

    [Fact]
    public async Task A_self_test_does_all_of_it_step_by_step()
    {
        await using var engine = Engines.Start();
        var told = new List<SelfTestStep>();

        var result = await engine.AskAsync(new SelfTestRequest(TrainingMethod.Llada), told.Add);

        Assert.True(result.Ready, result.Sentence);
        Assert.Equal(result.Steps.SelectMany(step => new[] { (step.Number, SelfTestState.Running), (step.Number, SelfTestState.Passed) }), told.Select(step => (step.Number, step.State)));
        Assert.Equal(result.Steps[0].Total, result.Steps.Count);
        Assert.All(result.Steps, step => Assert.False(string.IsNullOrEmpty(step.Detail)));
    }
}
