namespace Unmask.Engine.Modeling.Checkpoints;

public sealed partial class ModelFolder
{
    /// <summary>The folder as it is, where this one is seen with a head of its own; null for itself.</summary>
    internal ModelFolder? Tied { get; }

    /// <summary>
    /// The same model with a head that has a table of its own, which begins as a copy of the embeddings: what an adapter needs that changes one of the two alone.
    /// It is this one where the head has its own already.
    /// </summary>
    public ModelFolder Untied() => Config.TiesEmbeddings ? new ModelFolder(this, Architecture.Untied(Config)) : this;

    /// <summary>For each parameter the name it has in the files: a head of its own is read from the table that it shares there.</summary>
    /// <exception cref="UserError">The head has more than a table.</exception>
    internal WeightMatch WithHead(WeightMatch match)
    {
        var source = new Dictionary<string, string>(match.Source, StringComparer.Ordinal);
        var shared = Tied!.Config.Parameters.First(spec => spec.Shape is [var rows, _] && rows == Config.VocabularySize && spec.OtherNames.Length > 0);
        foreach (var spec in Config.Parameters.Where(spec => !source.ContainsKey(spec.Name)))
        {
            if (!shared.OtherNames.Contains(spec.Name)) throw new UserError($"{Path} has no {spec.Name}, which a head of its own needs; an adapter that changes the head or the embeddings alone cannot be used on this model.");
            source.Add(spec.Name, source[shared.Name]);
        }

        return match with { Source = source };
    }
}
