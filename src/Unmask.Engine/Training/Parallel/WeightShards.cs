using Unmask.Engine.Collectives;
using Unmask.Engine.Modeling.Blocks;

using static TorchSharp.torch;

namespace Unmask.Engine.Training.Parallel;

/// <summary>A run of elements of one parameter.</summary>
/// <param name="Parameter">Place of the parameter in the list.</param>
/// <param name="From">First element.</param>
/// <param name="Count">How many.</param>
public readonly record struct WeightRange(int Parameter, long From, long Count)
{
    /// <summary>These elements of the parameter's value, or of anything of its shape, as a flat view.</summary>
    public Tensor Of(Tensor whole) => whole.reshape(-1).narrow(0, From, Count);
}

/// <summary>
/// Which process updates which weights (ZeRO, Rajbhandari et al. 2020, arXiv 1910.02054: optimizer state and gradients are divided, weights are not). Parameters are cut
/// into pieces, and each process owns a run of neighboring pieces of about the same size as any other's.
/// </summary>
public sealed class WeightShards
{
    /// <summary>Elements of a piece; the last of a parameter may be shorter.</summary>
    public const long PieceElements = 1 << 18;

    private readonly IReadOnlyList<NamedParameter> parameters;
    private readonly WeightRange[][] owned;

    /// <param name="parameters">What is trained.</param>
    /// <param name="processes">Among how many processes they are divided; 1 for not at all.</param>
    public WeightShards(IReadOnlyList<NamedParameter> parameters, int processes)
    {
        this.parameters = parameters;
        long total = parameters.Sum(parameter => parameter.Value.numel()), before = 0;
        var ranges = Enumerable.Range(0, processes).Select(_ => new List<WeightRange>()).ToArray();
        foreach (var piece in Pieces(parameters))
        {
            // The owner is the process in whose share of the whole the middle of the piece lies.
            var owner = (int)Math.Min(processes - 1, (before + piece.Count / 2) * processes / Math.Max(1, total));
            before += piece.Count;
            var list = ranges[owner];
            if (list is [.., var last] && last.Parameter == piece.Parameter) list[^1] = last with { Count = last.Count + piece.Count };
            else list.Add(piece);
        }

        owned = [.. ranges.Select(list => list.ToArray())];
    }

    /// <summary>Among how many processes the weights are divided.</summary>
    public int Processes => owned.Length;

    /// <summary>What a process owns: at most one range of a parameter.</summary>
    public IReadOnlyList<WeightRange> OwnedBy(int process) => owned[process];

    /// <summary>All ranges with their owners, in the order of the parameters.</summary>
    public IEnumerable<(WeightRange Range, int Owner)> All() => owned.SelectMany((ranges, owner) => ranges.Select(range => (range, owner)));

    /// <summary>The pieces of all parameters, in order.</summary>
    public static IEnumerable<WeightRange> Pieces(IReadOnlyList<NamedParameter> parameters)
    {
        for (var i = 0; i < parameters.Count; i++)
        {
            var elements = parameters[i].Value.numel();
            for (long at = 0; at < elements; at += PieceElements) yield return new WeightRange(i, at, Math.Min(PieceElements, elements - at));
        }
    }

    /// <summary>Gives every process the weights that the others have updated.</summary>
    public void Spread(ICollectives ranks)
    {
        if (Processes == 1) return;
        using var noGrad = no_grad();
        foreach (var (range, owner) in All())
        {
            using var scope = NewDisposeScope();
            ranks.Broadcast(range.Of(parameters[range.Parameter].Value), owner);
        }
    }
}
