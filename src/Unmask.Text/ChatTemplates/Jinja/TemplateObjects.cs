using System.Collections;
using System.Runtime.CompilerServices;

namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>A function, a macro or a bound method.</summary>
internal sealed record TemplateCallable(string Name, Func<CallArguments, TemplateValue> Body)
{
    /// <summary>How it is printed.</summary>
    public string Repr { get; init; } = $"<function {Name}>";

    /// <summary>What stands behind a point: only macros have attributes.</summary>
    public Func<string, TemplateValue?>? Attributes { get; init; }
}

/// <summary>Something with attributes of its own that a template is given and cannot change but by its methods.</summary>
internal abstract class TemplateObject
{
    public abstract string KindName { get; }

    public virtual bool CanBeCalled => false;

    public abstract TemplateValue? Attribute(string name);

    public virtual TemplateValue Call(CallArguments call) => throw new TemplateFault($"{KindName} cannot be called");

    /// <summary>The number of items, or null for something without.</summary>
    public virtual long? Length => null;

    /// <summary>The items, or null for something without.</summary>
    public virtual IEnumerable<TemplateValue>? Items => null;

    public abstract string Repr();
}

/// <summary>The keys, values or items of a mapping, in its order.</summary>
internal sealed record MappingView(string Name, OrderedDictionary<TemplateValue, TemplateValue> Mapping)
{
    public IEnumerable<TemplateValue> Items => Name switch
    {
        "dict_keys" => Mapping.Keys,
        "dict_values" => Mapping.Values,
        _ => Mapping.Select(entry => TemplateValue.Tuple(entry.Key, entry.Value)),
    };
}

/// <summary>Items that can be gone through once.</summary>
internal sealed class ItemIterator(string name, IEnumerator<TemplateValue> source)
{
    /// <summary>Python's name of the type.</summary>
    public string Name => name;

    public bool TryNext(out TemplateValue item)
    {
        // Iterators over iterators over ... need the stack of all of them.
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw new TemplateFault("filters are nested too deeply");
        if (source.MoveNext())
        {
            item = source.Current;
            return true;
        }

        item = TemplateValue.None;
        return false;
    }

    public IEnumerable<TemplateValue> Rest()
    {
        while (TryNext(out var item)) yield return item;
    }
}

/// <summary>The numbers of a <c>range</c>.</summary>
internal sealed class RangeItems(long start, long stop, long step, int count) : IReadOnlyList<TemplateValue>
{
    public int Count => count;

    public long Start => start;

    public long Stop => stop;

    public long Step => step;

    /// <summary>What ranges with the same numbers have in common, as in Python.</summary>
    public (int Count, long Start, long Step) Same => (count, count > 0 ? start : 0, count > 1 ? step : 0);

    public TemplateValue this[int index] => start + (index * step);

    public IEnumerator<TemplateValue> GetEnumerator()
    {
        for (var i = 0; i < count; i++) yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
