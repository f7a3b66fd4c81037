using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Blocks;

/// <summary>
/// A table [V, D] that turns ids into vectors, found by its path in a set of parameters, which lists it in turn. An adapter may hang a low-rank branch or
/// rows of its own on it.
/// </summary>
public sealed class EmbeddingTable
{
    private readonly Tensor table_VD;
    private readonly int? padId;
    private readonly bool ofVocabulary;

    private EmbeddingTable(ParameterSet parameters, string path, int? padId, bool ofVocabulary)
    {
        (Path, table_VD, this.padId, this.ofVocabulary) = (path, parameters[$"{path}.weight"], padId, ofVocabulary);
        parameters.Add(this);
    }

    /// <summary>The module's path in the original: its weight's name without the last part.</summary>
    public string Path { get; }

    /// <summary>What an adapter adds to the vectors; null for nothing.</summary>
    public EmbeddingBranch? Branch { get; set; }

    /// <summary>Rows that an adapter has in place of some of the table's; null for none.</summary>
    public TokenRows? Rows { get; set; }

    /// <summary>Whether its ids are tokens.</summary>
    public bool IsOfTokens => ofVocabulary;

    /// <summary>[V, D].</summary>
    internal Tensor Weight_VD => table_VD;

    /// <summary>The table of the vocabulary.</summary>
    /// <param name="parameters">Where its weight is.</param>
    /// <param name="name">Name of the weight.</param>
    /// <param name="padId">The row that the look-up does not train; null for none.</param>
    internal static EmbeddingTable OfTokens(ParameterSet parameters, string name, int? padId) => new(parameters, PathOf(name), padId, ofVocabulary: true);

    /// <summary>A small table, such as that of positions.</summary>
    internal static EmbeddingTable Small(ParameterSet parameters, string name) => new(parameters, PathOf(name), padId: null, ofVocabulary: false);

    /// <summary>Vectors [N, D] of ids [N].</summary>
    internal Tensor LookUp(Tensor ids_N)
    {
        var plain_ND = ofVocabulary ? VocabularyTable.LookUp(table_VD, ids_N, padId) : table_VD.index_select(0, ids_N);
        if (Branch is { } branch) plain_ND = branch.AddTo(plain_ND, ids_N, padId);
        return Rows is { } rows ? rows.Replace(plain_ND, ids_N, padId) : plain_ND;
    }

    /// <summary>The vector [D] of one id.</summary>
    internal Tensor Row(long id) => Branch is null && Rows is null ? table_VD[id] : LookUp(tensor(new[] { id }, ScalarType.Int64, table_VD.device))[0];

    private static string PathOf(string name) => name[..name.LastIndexOf('.')];
}
