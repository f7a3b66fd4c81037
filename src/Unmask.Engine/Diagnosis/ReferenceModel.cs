using System.Text.Json.Nodes;
using Unmask.Core.Parameters;
using Unmask.Engine.Data;
using Unmask.Engine.Generation.Decoding;
using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Adapters;
using Unmask.Engine.Modeling.Adapters.Planning;
using Unmask.Engine.Modeling.Adapters.Targets;
using Unmask.Engine.Modeling.Blocks;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Engine.Modeling.Checkpoints.Safetensors;
using Unmask.Engine.Modeling.Sequences;
using Unmask.Engine.Objectives.Losses;
using Unmask.Engine.Objectives.Mdlm;
using Unmask.Engine.Training;
using Unmask.Engine.Training.Optimization;

using static TorchSharp.torch;

namespace Unmask.Engine.Diagnosis;

/// <summary>A tiny model that ships with the program, with what the original programs computed with it (<c>references/SOURCE.md</c>).</summary>
public sealed class ReferenceModel : IDisposable
{
    private readonly string folder;
    private readonly JsonObject numbers;
    private readonly SafetensorsFile tensors;

    private ReferenceModel(string folder)
    {
        this.folder = folder;
        numbers = JsonInput.ReadObject(Path.Combine(folder, "reference.json"));
        tensors = SafetensorsFile.Open(Path.Combine(folder, "reference.safetensors"));
    }

    /// <summary>Name of the architecture's folder.</summary>
    public string Name => Path.GetFileName(folder);

    /// <summary>Token that stands for what is hidden.</summary>
    public int MaskId => (int)numbers["mask_id"]!;

    /// <summary>The models in a folder, by name.</summary>
    /// <param name="root">The folder; null for the one beside the program.</param>
    /// <exception cref="UserError">There are none: the program is not installed whole.</exception>
    public static IReadOnlyList<ReferenceModel> OpenAll(string? root = null)
    {
        root ??= Path.Combine(AppContext.BaseDirectory, "references");
        string[] found = Directory.Exists(root) ? [.. Directory.GetDirectories(root).Where(folder => File.Exists(Path.Combine(folder, "reference.json"))).Order(StringComparer.Ordinal)] : [];
        if (found.Length == 0) throw new UserError($"There are no reference models in {root}, so nothing can be compared. Install the program again.");
        return [.. found.Select(folder => new ReferenceModel(folder))];
    }

    /// <summary>Loads the model.</summary>
    public MaskedLanguageModel Load(Device device, ScalarType dtype = ScalarType.Float32, bool in4Bit = false) => ModelFolder.Open(folder).Load(device, dtype, in4Bit).Model;

    /// <summary>Loads the model with the adapter that peft saved.</summary>
    public AdaptedModel LoadAdapted(Device device) => ModelSource.Open(folder, Path.Combine(folder, "lora")).Load(device, ScalarType.Float32);

    /// <summary>A fresh adapter on a loaded model, with the start values that peft drew.</summary>
    public LoraAdapter FreshAdapter(MaskedLanguageModel model)
    {
        var lora = numbers["lora"]!;
        var opened = ModelFolder.Open(folder);
        var settings = new LoraSettings { Rank = (int)lora["rank"]!, Alpha = (double)lora["alpha"]!, Targets = TargetModules.Of([TargetModules.AllLinear]) };
        var adapter = LoraAdapter.Fresh(AdapterPlan.Of(settings, opened.Architecture, opened.Config), seed: 1, model.Device, ScalarType.Float32);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (name, value) in adapter.Parameters)
        {
            if (tensors.Contains($"lora.init.{name}")) value.copy_(tensors.Read($"lora.init.{name}"));
        }

        model.Freeze();
        adapter.HangOn(model);
        return adapter;
    }

    /// <summary>Logits [S, V] of the first adapted row, by a model with the adapter; and those of peft.</summary>
    public (Tensor Actual, Tensor Expected) AdaptedLogits(MaskedLanguageModel model)
    {
        var length = Lengths("adapter.attention_mask")[0];
        var ids = tensors.Read("adapter.input_ids").to(ScalarType.Int64)[0].narrow(0, 0, length).to(model.Device);
        return (model.Head(model.Encode(new PackedSequences(ids, [length]))), tensors.Read("adapter.logits_row0").narrow(0, 0, length));
    }

    /// <summary>Logits [S, V] at the masked positions of the noised batch, by a model; and those of the original.</summary>
    public (Tensor Actual, Tensor Expected) Logits(MaskedLanguageModel model)
    {
        var lengths = Lengths("loss.attention_mask");
        var packed = PackedSequences.FromPadded(Ints("loss.noised_ids"), Width("loss.noised_ids"), lengths, model.Device);
        return (model.Head(model.Encode(packed).index_select(0, tensor(MaskedRows(lengths), device: model.Device))), tensors.Read("loss.logits"));
    }

    /// <summary>Loss and global gradient norm of the noised batch, by a model; and those of the original.</summary>
    public (double Loss, double Norm, double ExpectedLoss, double ExpectedNorm) LossAndGradient(MaskedLanguageModel model)
    {
        using var scope = NewDisposeScope();
        var lengths = Lengths("loss.attention_mask");
        var rows = tensor(MaskedRows(lengths));
        var targets_S = Pack("loss.input_ids", lengths).to(ScalarType.Int64).index_select(0, rows).to(model.Device);
        var weights_S = Pack("loss.weights", lengths).index_select(0, rows).to(model.Device);
        var loss = (nn.functional.cross_entropy(Logits(model).Actual, targets_S, reduction: nn.Reduction.None) * weights_S).sum() / (double)numbers["loss"]!["maskable"]!;
        loss.backward();
        using var guard = no_grad();
        var squares = model.Parameters.Where(parameter => parameter.Value.grad is not null).Sum(parameter => parameter.Value.grad!.to(ScalarType.Float64).square().sum().cpu().item<double>());
        return (loss.cpu().item<float>(), Math.Sqrt(squares), (double)numbers["loss"]!["value"]!, (double)numbers["loss"]!["gradient_norm"]!);
    }

    /// <summary>Trains as the original did, and gives the largest relative difference of a loss or a gradient norm.</summary>
    /// <param name="run"><c>training</c> for all weights, <c>lora</c> for an adapter.</param>
    /// <param name="model">The model.</param>
    /// <param name="trained">What is trained.</param>
    /// <param name="scale">Factor on the loss; null for none.</param>
    public double Train(string run, MaskedLanguageModel model, IReadOnlyList<NamedParameter> trained, LossScale? scale = null)
    {
        var settings = numbers[run]!;
        using var optimizer = new AdamW(trained, new AdamWOptions(WeightDecay: (double)settings["weight_decay"]!));
        var step = new TrainingStep(model, optimizer, (double)settings["max_grad_norm"]!, scale: scale);
        var (rates, losses, norms) = (Doubles(settings["learning_rates"]!), Doubles(settings["losses"]!), Doubles(settings["gradient_norms"]!));
        var worst = 0.0;
        foreach (var (noised, i) in Batches(run, settings).Select((noised, i) => (noised, i)))
        {
            using var scope = NewDisposeScope();
            var result = step.Run([new WeightedBatch(noised, Normalizer.Of([noised.Clean], LossNorm.Token).ScoredWeights(noised))], rates[i]);
            worst = Math.Max(worst, Math.Max(Relative(result.Loss.Loss, losses[i]), Relative(result.GradientNorm ?? double.NaN, norms[i])));
            if (double.IsNaN(worst)) return double.NaN;
        }

        return worst;
    }

    /// <summary>How many tokens of a greedy answer are not those of the original.</summary>
    public double WrongTokens(MaskedLanguageModel model)
    {
        var settings = numbers["generation"]!;
        var options = new SamplerOptions { Temperature = 0, MaxNewTokens = (int)settings["max_new_tokens"]!, BlockSize = (int)settings["block_size"]!, Steps = (int)settings["steps"]! };
        var tokens = new SamplerTokens(MaskId, (int)numbers["eos_id"]!, (int)numbers["bos_id"]!);
        var (row, expected) = (new MdlmSampler(model, tokens).Sample([Numbers(settings["prompt"]!)], options)[0], Numbers(settings["final"]!));
        return Enumerable.Range(0, Math.Max(row.Length, expected.Length)).Count(i => i >= row.Length || i >= expected.Length || row[i] != expected[i]);
    }

    public void Dispose() => tensors.Dispose();

    internal static double Relative(double actual, double expected) => Math.Abs(actual - expected) / Math.Max(1e-30, Math.Abs(expected));

    private IEnumerable<NoisedBatch> Batches(string run, JsonNode settings)
    {
        var widths = Numbers(settings["widths"]!);
        var (rows, stored) = ((int)tensors[$"{run}.input_ids"].Shape[1], Width($"{run}.input_ids"));
        var (ids, labels, attention, masked) = (Ints($"{run}.input_ids"), Ints($"{run}.labels"), Ints($"{run}.attention_mask"), Ints($"{run}.masked"));
        float[] times;
        using (var read = tensors.Read($"{run}.t").flatten()) times = read.data<float>().ToArray();
        var corruption = new Corruption(
            CorruptionOptions.Of(new TrainParameters { LossWeightType = (string)settings["loss_weight_type"]! }, shiftsLogits: (bool)settings["shifts_logits"]!), MaskId);
        for (var step = 0; step < widths.Length; step++)
        {
            var (at, width) = (step, widths[step]);
            int[] Cut(int[] all) => [.. Enumerable.Range(0, rows).SelectMany(row => all.Skip((at * rows + row) * stored).Take(width))];
            var batch = new Batch
            {
                Rows = rows,
                Width = width,
                Ids = Cut(ids),
                Labels = Cut(labels),
                Lengths = [.. Enumerable.Range(0, rows).Select(row => attention.Skip((at * rows + row) * stored).Take(width).Sum())],
                ExampleIndex = new long[rows],
                OrderIndex = new long[rows],
                PromptLengths = new int[rows],
            };
            yield return corruption.Apply(batch, times.AsSpan(at * rows, rows), [.. Cut(masked).Select(one => one != 0)]);
        }
    }

    private long[] MaskedRows(int[] lengths)
    {
        var (masked, width) = (Ints("loss.masked"), Width("loss.masked"));
        var visible = lengths.SelectMany((length, row) => Enumerable.Range(row * width, length)).ToArray();
        return [.. Enumerable.Range(0, visible.Length).Where(place => masked[visible[place]] != 0).Select(place => (long)place)];
    }

    private Tensor Pack(string name, int[] lengths)
    {
        var rows = tensors.Read(name);
        return cat([.. lengths.Select((length, row) => rows[row].narrow(0, 0, length))], 0);
    }

    private int[] Lengths(string mask) => [.. Ints(mask).Chunk(Width(mask)).Select(row => row.Sum())];

    private int Width(string name) => (int)tensors[name].Shape[^1];

    private int[] Ints(string name)
    {
        using var scope = NewDisposeScope();
        return tensors.Read(name).to(ScalarType.Int32).flatten().data<int>().ToArray();
    }

    private static double[] Doubles(JsonNode list) => [.. list.AsArray().Select(number => (double)number!)];

    private static int[] Numbers(JsonNode list) => [.. list.AsArray().Select(number => (int)number!)];
}
