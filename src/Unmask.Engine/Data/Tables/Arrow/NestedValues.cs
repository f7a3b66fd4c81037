using System.Text.Json.Nodes;

namespace Unmask.Engine.Data.Tables.Arrow;

/// <summary>Arrays that refer to values of others.</summary>
internal abstract class NestedValues(int length, ReadOnlyMemory<byte> valid, ExpansionBudget budget) : ArrowArray(length, valid)
{
    protected JsonArray Elements(ArrowArray values, long from, long count)
    {
        budget.Nested(count);
        var elements = new JsonNode?[count];
        for (var k = 0; k < elements.Length; k++) elements[k] = values.Cell((int)from + k);
        return new JsonArray(elements);
    }
}

internal sealed class StructValues : ArrowArray
{
    private readonly (string Name, ArrowArray Values)[] members;
    private readonly ExpansionBudget budget;

    public StructValues(int length, ReadOnlyMemory<byte> valid, (string Name, ArrowArray Values)[] members, ExpansionBudget budget)
        : base(length, valid)
    {
        this.members = members;
        this.budget = budget;
    }

    protected override JsonNode? Value(int i)
    {
        budget.Nested(members.Length);
        var value = new JsonObject();
        // Of two members of one name the last one counts, as in JSON.
        foreach (var (name, values) in members) value[name] = values.Cell(i);
        return value;
    }
}

internal sealed class ListValues(int length, ReadOnlyMemory<byte> valid, long[] offsets, ArrowArray values, ExpansionBudget budget) : NestedValues(length, valid, budget)
{
    protected override JsonNode? Value(int i) => Elements(values, offsets[i], offsets[i + 1] - offsets[i]);
}

internal sealed class FixedLists(int length, ReadOnlyMemory<byte> valid, int size, ArrowArray values, ExpansionBudget budget) : NestedValues(length, valid, budget)
{
    protected override JsonNode? Value(int i) => Elements(values, (long)i * size, size);
}

/// <summary>Lists that may lie in any order and over one another.</summary>
internal sealed class ListViews(int length, ReadOnlyMemory<byte> valid, ReadOnlyMemory<byte> offsets, ReadOnlyMemory<byte> sizes, int width, ArrowArray values, ExpansionBudget budget)
    : NestedValues(length, valid, budget)
{
    protected override JsonNode? Value(int i)
    {
        var (from, count) = (ArrowNumber.At(offsets.Span, i, width), ArrowNumber.At(sizes.Span, i, width));
        if (from < 0 || count < 0 || count > values.Length || from > values.Length - count) throw new InvalidDataException($"a list of {count:N0} values at {from:N0} is outside its {values.Length:N0} values");
        return Elements(values, from, count);
    }
}

/// <summary>Places in a dictionary, which may lie in several pieces.</summary>
internal sealed class DictionaryValues(
    int length, ReadOnlyMemory<byte> valid, ReadOnlyMemory<byte> places, (int Width, bool Signed) index, IReadOnlyList<Lazy<ArrowArray>> pieces, ExpansionBudget budget) : ArrowArray(length, valid)
{
    protected override JsonNode? Value(int i)
    {
        budget.Nested(1);
        var place = ArrowNumber.At(places.Span, i, index.Width / 8, index.Signed);
        var left = place;
        foreach (var piece in pieces)
        {
            if (left >= 0 && left < piece.Value.Length) return piece.Value.Cell((int)left);
            left -= piece.Value.Length;
        }

        throw new InvalidDataException($"a value is number {place:N0} of a dictionary of {place - left:N0}");
    }
}

/// <summary>Values of one of several types each.</summary>
internal sealed class UnionValues(int length, ReadOnlyMemory<byte> kinds, ReadOnlyMemory<byte> places, ArrowField field, ArrowArray[] children) : ArrowArray(length, default)
{
    protected override JsonNode? Value(int i)
    {
        var child = Array.IndexOf(field.TypeIds, (sbyte)kinds.Span[i]);
        if (child < 0 || child >= children.Length) throw new InvalidDataException($"column '{field.Name}' has a value of its type {(sbyte)kinds.Span[i]}, which it does not have");
        return children[child].Cell(places.IsEmpty ? i : (int)ArrowNumber.At(places.Span, i, 4));
    }
}

/// <summary>Runs of one value.</summary>
internal sealed class RunValues : ArrowArray
{
    private readonly long[] ends;
    private readonly ArrowArray values;

    private RunValues(int length, long[] ends, ArrowArray values)
        : base(length, default)
    {
        this.ends = ends;
        this.values = values;
    }

    public static RunValues Build(ArrowNode node, ArrowBuffers buffers, ArrowArray values)
    {
        var runs = node.Children[0];
        if (runs.Field.Kind != ArrowKind.Int || runs.Field.Dictionary is not null || runs.Field.Width is not (16 or 32 or 64)) throw new InvalidDataException($"column '{node.Field.Name}' has ends of runs that are no numbers");
        var bytes = ArrowArrays.Numbers(runs, 1, runs.Field.Width, buffers);
        var ends = new long[runs.Length];
        for (var i = 0; i < ends.Length; i++)
        {
            ends[i] = ArrowNumber.At(bytes.Span, i, runs.Field.Width / 8);
            if (ends[i] <= (i == 0 ? 0 : ends[i - 1])) throw new InvalidDataException($"column '{node.Field.Name}' has ends of runs that do not rise");
        }

        if (values.Length < ends.Length || (node.Length > 0 && (ends.Length == 0 || ends[^1] < node.Length))) throw new InvalidDataException($"column '{node.Field.Name}' has too few runs for {node.Length:N0} values");
        return new RunValues(node.Length, ends, values);
    }

    protected override JsonNode? Value(int i)
    {
        var found = Array.BinarySearch(ends, i + 1L);
        return values.Cell(found < 0 ? ~found : found);
    }
}
