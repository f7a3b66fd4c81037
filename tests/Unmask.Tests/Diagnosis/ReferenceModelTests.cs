using System.Text.Json.Nodes;
using Unmask.Engine.Diagnosis;
using Unmask.Engine.Modeling.Checkpoints.Safetensors;
using Unmask.Primitives;
using Unmask.Tests.Models;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Diagnosis;

/// <summary>The models that ship with the program, and what is computed with them on a device.</summary>
public sealed class ReferenceModelTests
{
    private static string Root => Path.Combine(Fixtures.Root, "references");

    public static TheoryData<string> Names => [.. Directory.GetDirectories(Root).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)];

    /// <summary>The golden fixtures of this repository; other folders of fixtures have other numbers.</summary>
    private static string Golden(string name) => Path.Combine(Fixtures.Root, "tests", "fixtures", "golden", name);

    [Fact]
    public void Every_architecture_has_one() =>
        Assert.Equal(
            Engine.Modeling.Architectures.ModelCatalog.All.Select(architecture => architecture.ClassName).Order(StringComparer.Ordinal),
            Names.Select(row => (string)Description(row.Data)["class"]!).Order(StringComparer.Ordinal));

    [Theory, MemberData(nameof(Names))]
    public void The_numbers_are_those_of_the_golden_fixtures(string name)
    {
        using var scope = NewDisposeScope();
        foreach (var file in (string[])["model.safetensors", "config.json", "lora/adapter_model.safetensors", "lora/adapter_config.json"])
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(Golden(name), file)), File.ReadAllBytes(Path.Combine(Root, name, file)));
        }

        using var shipped = SafetensorsFile.Open(Path.Combine(Root, name, "reference.safetensors"));
        using var golden = new FixtureTensors(Path.Combine(Golden(name), "fixture.safetensors"));
        foreach (var entry in shipped.Entries)
        {
            var (group, rest) = (entry.Name[..entry.Name.IndexOf('.', StringComparison.Ordinal)], entry.Name[(entry.Name.IndexOf('.', StringComparison.Ordinal) + 1)..]);
            var origin = group switch
            {
                "loss" => rest == "logits" ? "loss.mdlm_linear.logits_masked_positions" : $"loss.mdlm_linear.{rest}",
                "adapter" => rest == "logits_row0" ? "lora.logits_row0" : $"batch.{rest}",
                "training" => $"train_wd_linear.{rest}",
                _ => $"train_lora.{rest.Replace(".weight", ".default.weight", StringComparison.Ordinal)}",
            };
            Assert.True(golden.Raw(origin).equal(shipped.Read(entry.Name)).all().item<bool>(), entry.Name);
        }

        var (ours, theirs) = (Description(name), JsonNode.Parse(File.ReadAllText(Path.Combine(Golden(name), "fixture.json")))!);
        Assert.True(JsonNode.DeepEquals(theirs["training_runs"]!["train_wd_linear"]!["micro_loss"], ours["training"]!["losses"]));
        Assert.True(JsonNode.DeepEquals(theirs["training_runs"]!["train_lora"]!["grad_norm_before_clip"], ours["lora"]!["gradient_norms"]));
        Assert.True(JsonNode.DeepEquals(theirs["sampler_cases"]!["single_few_steps"]!["final"]![0], ours["generation"]!["final"]));
    }

    [Theory, MemberData(nameof(Names))]
    public void Every_check_passes_on_this_machine(string name)
    {
        using var model = ReferenceModel.OpenAll(Root).Single(model => model.Name == name);

        var results = new ReferenceChecks(model, CPU, hasBfloat16: true).All.Select(DeviceExamination.Try).ToArray();

        Assert.All(results, result => Assert.True(result.State == DeviceCheckState.Passed, $"{result.Name}: {result.Difference} {result.Problem}"));
    }

    [Fact]
    public void A_difference_that_is_too_large_or_no_number_and_a_fault_are_failures()
    {
        Assert.Equal(DeviceCheckState.Failed, DeviceExamination.Try(new DeviceCheck("far", 0.1, "relative", () => 0.2)).State);
        Assert.Equal(DeviceCheckState.Failed, DeviceExamination.Try(new DeviceCheck("rubbish", 0.1, "relative", () => double.NaN)).State);
        Assert.Equal("the driver is gone", DeviceExamination.Try(new DeviceCheck("broken", 0.1, "relative", () => throw new InvalidOperationException("the driver is gone"))).Problem);
        Assert.Equal(DeviceCheckState.Skipped, DeviceExamination.Try(new DeviceCheck("absent", 0.1, "relative", () => throw new InvalidOperationException()) { Missing = "there is one GPU" }).State);
    }

    [Theory, InlineData("gpu"), InlineData("cuda:x"), InlineData("cuda:-1"), InlineData("cuda:4000"), InlineData("CPU")]
    public void A_device_that_is_not_there_is_a_sentence(string device) => Assert.Contains(device, Assert.Throws<UserError>(() => DeviceExamination.Named(device)).Message, StringComparison.Ordinal);

    private static JsonNode Description(string name) => JsonNode.Parse(File.ReadAllText(Path.Combine(Root, name, "reference.json")))!;
}
