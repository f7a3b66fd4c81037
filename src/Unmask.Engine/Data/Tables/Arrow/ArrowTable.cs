namespace Unmask.Engine.Data.Tables.Arrow;

/// <summary>
/// Arrow IPC files and streams. Read by our own lines and not by the library that writes them for the tests: that one follows offsets, counts and sizes of a file without a look, so that a
/// changed number shows memory of this process, and one column of a type that it does not know spoils the file. Here nothing is followed before it is checked, and a column is read when a
/// value of it is asked for.
/// </summary>
internal static class ArrowTable
{
    /// <summary>Hands out the columns' names, once, and the batches.</summary>
    /// <param name="stream">The file; it can seek.</param>
    /// <param name="budget">What it may unfold to.</param>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static IEnumerable<(IReadOnlyList<ArrowField> Columns, ArrowBatch Batch)> Read(Stream stream, ExpansionBudget budget)
    {
        IReadOnlyList<ArrowField>? columns = null;
        ArrowDictionaries? dictionaries = null;
        foreach (var message in ArrowMessages.Read(stream))
        {
            ArrowBuffers BuffersOf(FlatTable batch) => new(stream, message, batch, budget);
            if (message.Kind == ArrowMessageKind.Schema)
            {
                columns ??= ArrowField.Schema(message.Header);
                dictionaries ??= new ArrowDictionaries(columns);
                continue;
            }

            if (message.Kind is not (ArrowMessageKind.Dictionary or ArrowMessageKind.Batch)) continue;
            if (columns is null || dictionaries is null) throw new InvalidDataException("it begins with no schema");
            if (message.Kind == ArrowMessageKind.Dictionary)
            {
                dictionaries.Add(message.Header, BuffersOf);
                continue;
            }

            var batch = new ArrowBatch(message.Header, columns, BuffersOf(message.Header), dictionaries);
            budget.Rows(batch.Length);
            yield return (columns, batch);
        }
    }
}
