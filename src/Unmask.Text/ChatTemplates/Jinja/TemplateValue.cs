using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>What a <see cref="TemplateValue"/> is.</summary>
public enum TemplateKind
{
    Undefined,
    None,
    Boolean,
    Integer,
    Float,
    Text,
    List,
    Tuple,
    Range,
    Mapping,

    /// <summary>The keys, values or items of a mapping.</summary>
    View,

    /// <summary>Items that are made one by one and can be gone through once, as most filters of lists give them.</summary>
    Iterator,
    Namespace,
    Callable,

    /// <summary>The <c>loop</c> variable, a cycler, a joiner, the template itself.</summary>
    Object,
}

/// <summary>
/// A value inside a template. The set of kinds is closed and no .NET object is ever reachable from it, so a template can do nothing but
/// compute text. Values do not change, but for the attributes of a <c>namespace</c>. Equality is Python's (<c>1 == 1.0 == true</c>).
/// </summary>
public sealed class TemplateValue : IEquatable<TemplateValue>
{
    /// <summary>Lists and mappings may be nested this deep, so that printing or comparing one needs bounded stack.</summary>
    internal const int DeepestNesting = 100;

    private readonly object? _content;
    private readonly long _whole;
    private readonly int _depth;

    private TemplateValue(TemplateKind kind, object? content = null, long whole = 0, double real = 0, int depth = 0)
    {
        if (depth > DeepestNesting) throw new TemplateFault($"a value is nested deeper than {DeepestNesting} lists or mappings");
        (Kind, _content, _whole, _depth) = (kind, content, kind == TemplateKind.Float ? BitConverter.DoubleToInt64Bits(real) : whole, depth);
    }

    public static TemplateValue None { get; } = new(TemplateKind.None);

    public static TemplateValue True { get; } = new(TemplateKind.Boolean, whole: 1);

    public static TemplateValue False { get; } = new(TemplateKind.Boolean, whole: 0);

    public TemplateKind Kind { get; }

    private double Real => BitConverter.Int64BitsToDouble(_whole);

    internal bool IsUndefined => Kind == TemplateKind.Undefined;

    internal bool IsText => Kind == TemplateKind.Text;

    /// <summary>A text that needs no HTML escapes any more: what <c>safe</c> and <c>escape</c> give.</summary>
    internal bool IsMarkup => Kind == TemplateKind.Text && _whole == 1;

    /// <summary>Booleans count as whole numbers, as in Python.</summary>
    internal bool IsWhole => Kind is TemplateKind.Integer or TemplateKind.Boolean;

    /// <summary>A whole number that 64 bits hold.</summary>
    internal bool IsSmall => IsWhole && _content is null;

    internal bool IsNumber => IsWhole || Kind == TemplateKind.Float;

    internal bool IsSequence => Kind is TemplateKind.List or TemplateKind.Tuple;

    internal string AsText => (string)_content!;

    /// <summary>The whole number, or the nearest one that 64 bits hold.</summary>
    internal long AsWhole => _content is BigInteger big ? big.Sign < 0 ? long.MinValue : long.MaxValue : _whole;

    internal BigInteger AsBig => _content is BigInteger big ? big : _whole;

    /// <exception cref="TemplateFault">The whole number is beyond the range of a float.</exception>
    internal double AsReal => Kind == TemplateKind.Float ? Real : _content is BigInteger big ? BigNumbers.ToDouble(big) : _whole;

    internal IReadOnlyList<TemplateValue> AsItems => _content is NamedTuple named ? named.Items : (IReadOnlyList<TemplateValue>)_content!;

    /// <summary>The group of a <c>groupby</c> filter: a tuple whose two parts have names.</summary>
    internal bool IsGroup => _content is NamedTuple;

    internal OrderedDictionary<TemplateValue, TemplateValue> AsMapping => (OrderedDictionary<TemplateValue, TemplateValue>)_content!;

    internal MappingView AsView => (MappingView)_content!;

    internal RangeItems AsRange => (RangeItems)_content!;

    internal ItemIterator AsIterator => (ItemIterator)_content!;

    internal TemplateObject AsObject => (TemplateObject)_content!;

    internal TemplateCallable AsCallable => (TemplateCallable)_content!;

    /// <summary>Why the value is undefined, as a clause.</summary>
    internal string Reason => _content as string ?? ((Func<string>)_content!)();

    /// <summary>Python's truth: empty texts, lists and mappings, zero, none and undefined are false.</summary>
    internal bool IsTrue => Kind switch
    {
        TemplateKind.Undefined or TemplateKind.None => false,
        TemplateKind.Boolean or TemplateKind.Integer => _whole != 0 || _content is not null,
        TemplateKind.Float => Real != 0,
        TemplateKind.Text => AsText.Length > 0,
        TemplateKind.List or TemplateKind.Tuple => AsItems.Count > 0,
        TemplateKind.Range => AsRange.Count > 0,
        TemplateKind.Mapping => AsMapping.Count > 0,
        TemplateKind.View => AsView.Mapping.Count > 0,
        _ => true,
    };

    /// <summary>The kind in the words of an error sentence.</summary>
    internal string KindName => Kind switch
    {
        TemplateKind.Undefined => "an undefined value",
        TemplateKind.None => "none",
        TemplateKind.Boolean => "a boolean",
        TemplateKind.Integer => "a whole number",
        TemplateKind.Float => "a number",
        TemplateKind.Text => "a text",
        TemplateKind.List => "a list",
        TemplateKind.Tuple => "a tuple",
        TemplateKind.Range => "a range",
        TemplateKind.Mapping => "a mapping",
        TemplateKind.View => "a view of a mapping",
        TemplateKind.Iterator => "an iterator (make it a list with '| list')",
        TemplateKind.Namespace => "a namespace",
        TemplateKind.Object => AsObject.KindName,
        _ => "a function",
    };

    public static implicit operator TemplateValue(string text) => new(TemplateKind.Text, text);

    public static implicit operator TemplateValue(bool value) => value ? True : False;

    public static implicit operator TemplateValue(long value) => new(TemplateKind.Integer, whole: value);

    public static implicit operator TemplateValue(int value) => new(TemplateKind.Integer, whole: value);

    public static implicit operator TemplateValue(double value) => new(TemplateKind.Float, real: value);

    public static TemplateValue List(IReadOnlyList<TemplateValue> items) => new(TemplateKind.List, items, depth: Deeper(items));

    public static TemplateValue Tuple(params IReadOnlyList<TemplateValue> items) => new(TemplateKind.Tuple, items, depth: Deeper(items));

    /// <summary>A mapping with text keys, in the order given; of a key that is given twice the last value counts.</summary>
    public static TemplateValue Mapping(IEnumerable<KeyValuePair<string, TemplateValue>> entries)
    {
        var mapping = new OrderedDictionary<TemplateValue, TemplateValue>();
        foreach (var (key, value) in entries) mapping[key] = value;
        return Mapping(mapping);
    }

    /// <summary>A JSON value; a missing node is none.</summary>
    /// <exception cref="UserError">The node holds what no template can read, such as half a surrogate pair.</exception>
    public static TemplateValue From(JsonNode? node) => JsonValues.Read(node);

    /// <summary>As Python compares keys: a not-a-number equals nothing but itself.</summary>
    public bool Equals(TemplateValue? other) => other is not null && (ReferenceEquals(this, other) || TemplateEquality.Equal(this, other, null));

    public override bool Equals(object? obj) => Equals(obj as TemplateValue);

    public override int GetHashCode()
    {
        switch (Kind)
        {
            // .NET's own hashes of 64 bits fold them, so that a template can name numbers that all have the same.
            case TemplateKind.Boolean or TemplateKind.Integer:
                return _content is BigInteger big ? big.GetHashCode() : HashCode.Combine((int)_whole, (int)(_whole >> 32));
            case TemplateKind.Float when double.IsNaN(Real):
                return RuntimeHelpers.GetHashCode(this);
            case TemplateKind.Float:
                // A float without fraction equals a whole number.
                return Math.Floor(Real) == Real && double.IsFinite(Real) ? Big(new BigInteger(Real)).GetHashCode() : HashCode.Combine((int)_whole, (int)(_whole >> 32));
            case TemplateKind.Text:
                return AsText.GetHashCode(StringComparison.Ordinal);
            case TemplateKind.Tuple:
                var hash = default(HashCode);
                foreach (var item in AsItems) hash.Add(item);
                return hash.ToHashCode();
            case TemplateKind.Range:
                var (count, start, step) = AsRange.Same;
                return HashCode.Combine(count, (int)start, (int)(start >> 32), (int)step, (int)(step >> 32));
            case TemplateKind.View when AsView.Name == "dict_values":
            case TemplateKind.Iterator or TemplateKind.Namespace or TemplateKind.Object or TemplateKind.Callable:
                return RuntimeHelpers.GetHashCode(_content);
            default:
                return (int)Kind;
        }
    }

    /// <summary>The text that <c>{{ value }}</c> writes: Python's <c>str()</c>.</summary>
    public override string ToString() => PythonText.Str(this, RenderBudget.Unlimited());

    internal static TemplateValue Undefined(string reason) => new(TemplateKind.Undefined, reason);

    /// <summary>Most undefined values are only tested, so a reason that must be composed is composed when it is told.</summary>
    internal static TemplateValue Undefined(Func<string> reason) => new(TemplateKind.Undefined, reason);

    internal static TemplateValue Big(BigInteger value) =>
        value >= long.MinValue && value <= long.MaxValue ? (TemplateValue)(long)value : new TemplateValue(TemplateKind.Integer, BigNumbers.Bounded(value));

    internal static TemplateValue Markup(string text) => new(TemplateKind.Text, text, whole: 1);

    internal static TemplateValue Group(TemplateValue key, TemplateValue items) => new(TemplateKind.Tuple, new NamedTuple([key, items]), depth: Deeper([key, items]));

    internal static TemplateValue Range(RangeItems items) => new(TemplateKind.Range, items);

    internal static TemplateValue Mapping(OrderedDictionary<TemplateValue, TemplateValue> entries) => new(TemplateKind.Mapping, entries, depth: Deeper(entries.Values));

    internal static TemplateValue View(string name, TemplateValue mapping) => new(TemplateKind.View, new MappingView(name, mapping.AsMapping), depth: mapping._depth + 1);

    internal static TemplateValue Iterator(string name, IEnumerable<TemplateValue> items) => new(TemplateKind.Iterator, new ItemIterator(name, items.GetEnumerator()));

    internal static TemplateValue Namespace(OrderedDictionary<TemplateValue, TemplateValue> attributes) => new(TemplateKind.Namespace, attributes);

    internal static TemplateValue Object(TemplateObject content) => new(TemplateKind.Object, content);

    internal static TemplateValue Callable(string name, Func<CallArguments, TemplateValue> body) => new(TemplateKind.Callable, new TemplateCallable(name, body));

    internal static TemplateValue Callable(TemplateCallable callable) => new(TemplateKind.Callable, callable);

    private static int Deeper(IEnumerable<TemplateValue> items)
    {
        var deepest = 0;
        foreach (var item in items) deepest = Math.Max(deepest, item._depth);
        return deepest + 1;
    }

    private sealed record NamedTuple(IReadOnlyList<TemplateValue> Items);
}
