using System.Globalization;
using Unmask.Engine.Modeling.Checkpoints.Safetensors;
using Unmask.Engine.Modeling.Sequences;

using static TorchSharp.torch;

namespace Unmask.Tests.Models;

/// <summary>Reading of fixture files, and comparison over the visible tokens of padded batches.</summary>
internal sealed class FixtureTensors(string path) : IDisposable
{
    private readonly SafetensorsFile file = SafetensorsFile.Open(path);

    public bool Has(string name) => file.Contains(name);

    public IEnumerable<string> Names => file.Entries.Select(entry => entry.Name);

    /// <summary>As stored.</summary>
    public Tensor Raw(string name) => file.Read(name);

    public Tensor Float(string name) => file.Read(name).to(ScalarType.Float32);

    public Tensor Long(string name) => file.Read(name).to(ScalarType.Int64);

    public int[] Ints(string name) => [.. Long(name).flatten().data<long>().ToArray().Select(value => (int)value)];

    public int Width(string name) => (int)file[name].Shape[^1];

    /// <summary>Visible tokens of each row of a right-padded attention mask.</summary>
    public int[] Lengths(string mask) => [.. Long(mask).sum(1).data<long>().ToArray().Select(value => (int)value)];

    /// <summary>Visible tokens of each row of a batch whose attention mask may be missing, which means that all are visible.</summary>
    public int[] Lengths(string ids, string mask) => Has(mask) ? Lengths(mask) : [.. Enumerable.Repeat(Width(ids), (int)file[ids].Shape[0])];

    /// <summary>Numbers behind a word in the names of tensors, such as those of the layers that the file has.</summary>
    public IReadOnlyList<int> Indices(string prefix) =>
        [.. Names.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Select(name => int.Parse(name.AsSpan(prefix.Length), CultureInfo.InvariantCulture)).Order()];

    /// <summary>The visible rows of a padded [B, L, ...] tensor, end to end.</summary>
    public static Tensor Pack(Tensor x_BLD, int[] lengths) => cat([.. lengths.Select((length, row) => x_BLD[row].narrow(0, 0, length))], 0);

    /// <summary>The visible tokens of a padded batch, with their types where the file has them.</summary>
    public PackedSequences Packed(string ids, int[] lengths) => PackedSequences.FromPadded(Ints(ids), Width(ids), lengths, CPU) with
    {
        Types_N = Has("token_type_ids") ? Pack(Long("token_type_ids"), lengths) : null,
    };

    public static double LargestDifference(Tensor a, Tensor b) => (a.to(ScalarType.Float64) - b.to(ScalarType.Float64)).abs().max().item<double>();

    /// <summary>|a - b| / |b| in the L2 norm.</summary>
    public static double RelativeDifference(Tensor a, Tensor b) =>
        ((a.to(ScalarType.Float64) - b.to(ScalarType.Float64)).norm() / b.to(ScalarType.Float64).norm().clamp(1e-30)).item<double>();

    public void Dispose() => file.Dispose();
}
