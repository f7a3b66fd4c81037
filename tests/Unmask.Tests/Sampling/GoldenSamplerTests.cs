using System.Text.Json.Nodes;
using Unmask.Core.Parameters;
using Unmask.Engine.Generation.Decoding;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Engine.Objectives.Mdlm;
using Unmask.Tests.Models;
using Xunit;
using static TorchSharp.torch;

namespace Unmask.Tests.Sampling;

/// <summary>Every case of the MDLM and the Dream sampler on the golden models: the canvas after each step, exactly.</summary>
public sealed class GoldenSamplerTests
{
    public static TheoryData<string, string> Cases()
    {
        var cases = new TheoryData<string, string>();
        foreach (var folder in GoldenModelTests.Folders().Select(row => row.Data))
        {
            foreach (var (name, _) in Fixture(folder)["sampler_cases"]!.AsObject()) cases.Add(folder, name);
        }

        return cases;
    }

    [Theory, MemberData(nameof(Cases))]
    public void Every_step_is_the_originals(string folder, string name)
    {
        using var scope = NewDisposeScope();
        using var fixture = new FixtureTensors(Path.Combine(Fixtures.Golden, folder, "fixture.safetensors"));
        using var model = ModelFolder.Open(Path.Combine(Fixtures.Golden, folder)).Load(dtype: ScalarType.Float32).Model;
        var root = Fixture(folder);
        var settings = root["sampler_cases"]![name]!;
        var ids = root["special_ids"]!;
        var expected = Rows(settings["final"]!);
        var tokens = new SamplerTokens(ids["mask"]!.GetValue<int>(), ids["eos"]!.GetValue<int>(), ids["bos"]!.GetValue<int>());
        var infill = settings["method"]!.ToString() == "infill";
        var options = OptionsOf(settings);
        var inputs = Rows(settings["inputs"]!);
        var width = expected[0].Length;

        var states = new List<int[][]>();
        var sampler = new MdlmSampler(model, tokens);
        void Observe(SamplerStep step) => states.Add([.. step.Rows.Select(row => row.ToArray())]);
        var rows = infill ? sampler.Infill(inputs, options, Observe) : sampler.Sample(inputs, options, Observe);

        // Beside shorter rows the original's canvas holds end tokens, which ours does not store: behind them, in Dream's sampler before them.
        var histories = fixture.Ints($"sampler.{name}.histories");
        Assert.Equal(settings["steps_recorded"]!.GetValue<int>(), states.Count);
        for (var row = 0; row < rows.Length; row++)
        {
            var start = settings["sampler"]!.ToString() == "DreamSampler" ? width - rows[row].Length : 0;
            Assert.Equal(expected[row].AsSpan(start, rows[row].Length).ToArray(), rows[row]);
            for (var step = 0; step < states.Count; step++)
            {
                Assert.Equal(histories.AsSpan((step * rows.Length + row) * width + start, rows[row].Length).ToArray(), states[step][row]);
            }
        }

        Assert.Equal(settings["masks_left"]!.GetValue<int>(), rows.Sum(row => row.Count(id => id == tokens.Mask)));
    }

    private static SamplerOptions OptionsOf(JsonNode settings)
    {
        var options = new SamplerOptions();
        if (settings["sampler"]!.ToString() == "DreamSampler") options = options with { BlockSize = null, TopK = 50, TopP = 1, RightShiftLogits = true };
        options = options with { Temperature = settings["temperature"]!.GetValue<double>() };
        foreach (var (key, value) in settings["args"]!.AsObject())
        {
            options = key switch
            {
                "max_new_tokens" => options with { MaxNewTokens = value?.GetValue<int>() },
                "max_length" => options with { MaxLength = value?.GetValue<int>() },
                "block_size" => options with { BlockSize = value?.GetValue<int>() },
                "steps" => options with { Steps = value!.GetValue<int>() },
                "cfg_scale" => options with { CfgScale = value!.GetValue<double>() },
                "cfg_keep_tokens" => options with { CfgKeepTokens = Ints(value) },
                "suppress_tokens" => options with { SuppressTokens = Ints(value) },
                "begin_suppress_tokens" => options with { BeginSuppressTokens = Ints(value) },
                "right_shift_logits" => options with { RightShiftLogits = value!.GetValue<bool>() },
                "remasking" => options with { Remasking = value!.ToString() == "random" ? Remasking.Random : Remasking.LowConfidence },
                "alg" => options with { Remasking = Enum.Parse<Remasking>(value!.ToString().Replace("_", "", StringComparison.Ordinal), ignoreCase: true) },
                "top_k" => options with { TopK = value?.GetValue<int>() },
                "top_p" => options with { TopP = value?.GetValue<double>() },
                "scheduler" => options with { Schedule = NoiseSchedule.Named(value!.ToString()) },
                _ => throw new InvalidOperationException($"The fixture has an argument {key} that this test does not know."),
            };
        }

        return options;
    }

    private static int[] Ints(JsonNode? array) => [.. array?.AsArray().Select(item => item!.GetValue<int>()) ?? []];

    private static int[][] Rows(JsonNode array) => [.. array.AsArray().Select(Ints)];

    private static JsonNode Fixture(string folder) => JsonNode.Parse(File.ReadAllText(Path.Combine(Fixtures.Golden, folder, "fixture.json")))!;
}
