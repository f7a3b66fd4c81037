using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Unmask.Engine.Text.Templates.Jinja;

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
    Mapping,
    Namespace,
    Loop,
    Callable,
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
    private readonly double _real;
    private readonly int _depth;

    private TemplateValue(TemplateKind kind, object? content = null, long whole = 0, double real = 0, int depth = 0)
    {
        if (depth > DeepestNesting) throw new TemplateFault($"a value is nested deeper than {DeepestNesting} lists or mappings");
        (Kind, _content, _whole, _real, _depth) = (kind, content, whole, real, depth);
    }

    public static TemplateValue None { get; } = new(TemplateKind.None);

    public static TemplateValue True { get; } = new(TemplateKind.Boolean, whole: 1);

    public static TemplateValue False { get; } = new(TemplateKind.Boolean, whole: 0);

    public TemplateKind Kind { get; }

    internal bool IsUndefined => Kind == TemplateKind.Undefined;

    internal bool IsText => Kind == TemplateKind.Text;

    /// <summary>Booleans count as whole numbers, as in Python.</summary>
    internal bool IsWhole => Kind is TemplateKind.Integer or TemplateKind.Boolean;

    internal bool IsNumber => IsWhole || Kind == TemplateKind.Float;

    internal bool IsSequence => Kind is TemplateKind.List or TemplateKind.Tuple;

    internal string AsText => (string)_content!;

    internal long AsWhole => _whole;

    internal double AsReal => Kind == TemplateKind.Float ? _real : _whole;

    internal IReadOnlyList<TemplateValue> AsItems => (IReadOnlyList<TemplateValue>)_content!;

    internal OrderedDictionary<TemplateValue, TemplateValue> AsMapping => (OrderedDictionary<TemplateValue, TemplateValue>)_content!;

    internal LoopState AsLoop => (LoopState)_content!;

    internal TemplateCallable AsCallable => (TemplateCallable)_content!;

    /// <summary>Why the value is undefined, as a clause.</summary>
    internal string Reason => (string)_content!;

    /// <summary>Python's truth: empty texts, lists and mappings, zero, none and undefined are false.</summary>
    internal bool IsTrue => Kind switch
    {
        TemplateKind.Undefined or TemplateKind.None => false,
        TemplateKind.Boolean or TemplateKind.Integer => _whole != 0,
        TemplateKind.Float => _real != 0,
        TemplateKind.Text => AsText.Length > 0,
        TemplateKind.List or TemplateKind.Tuple => AsItems.Count > 0,
        TemplateKind.Mapping => AsMapping.Count > 0,
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
        TemplateKind.Mapping => "a mapping",
        TemplateKind.Namespace => "a namespace",
        TemplateKind.Loop => "a loop",
        _ => "a function",
    };

    public static implicit operator TemplateValue(string text) => new(TemplateKind.Text, text);

    public static implicit operator TemplateValue(bool value) => value ? True : False;

    public static implicit operator TemplateValue(long value) => new(TemplateKind.Integer, whole: value);

    public static implicit operator TemplateValue(int value) => new(TemplateKind.Integer, whole: value);

    public static implicit operator TemplateValue(double value) => new(TemplateKind.Float, real: value);

    public static TemplateValue List(IReadOnlyList<TemplateValue> items) => new(TemplateKind.List, items, depth: Deeper(items));

    public static TemplateValue Tuple(params IReadOnlyList<TemplateValue> items) => new(TemplateKind.Tuple, items, depth: Deeper(items));

    /// <summary>A mapping with text keys, in the order given.</summary>
    public static TemplateValue Mapping(IEnumerable<KeyValuePair<string, TemplateValue>> entries)
    {
        var mapping = new OrderedDictionary<TemplateValue, TemplateValue>();
        foreach (var (key, value) in entries) mapping[key] = value;
        return Mapping(mapping);
    }

    /// <summary>A JSON value; a missing node is none.</summary>
    public static TemplateValue From(JsonNode? node) => node switch
    {
        null => None,
        JsonArray array => List(array.Select(From).ToList()),
        JsonObject members => Mapping(members.Select(member => KeyValuePair.Create(member.Key, From(member.Value)))),
        _ => FromScalar(node.AsValue()),
    };

    public bool Equals(TemplateValue? other) => other is not null && TemplateEquality.Equal(this, other, null);

    public override bool Equals(object? obj) => Equals(obj as TemplateValue);

    public override int GetHashCode() => Kind switch
    {
        TemplateKind.Boolean or TemplateKind.Integer => ((double)_whole).GetHashCode(),
        TemplateKind.Float => _real.GetHashCode(),
        TemplateKind.Text => AsText.GetHashCode(StringComparison.Ordinal),
        TemplateKind.None => 0,
        _ => (int)Kind,
    };

    /// <summary>The text that <c>{{ value }}</c> writes: Python's <c>str()</c>.</summary>
    public override string ToString() => PythonText.Str(this, RenderBudget.Unlimited());

    internal static TemplateValue Undefined(string reason) => new(TemplateKind.Undefined, reason);

    internal static TemplateValue Mapping(OrderedDictionary<TemplateValue, TemplateValue> entries) => new(TemplateKind.Mapping, entries, depth: Deeper(entries.Values));

    internal static TemplateValue Namespace(OrderedDictionary<TemplateValue, TemplateValue> attributes) => new(TemplateKind.Namespace, attributes);

    internal static TemplateValue Loop(LoopState loop) => new(TemplateKind.Loop, loop);

    internal static TemplateValue Callable(string name, Func<CallArguments, TemplateValue> body) => new(TemplateKind.Callable, new TemplateCallable(name, body));

    private static int Deeper(IEnumerable<TemplateValue> items)
    {
        var deepest = 0;
        foreach (var item in items) deepest = Math.Max(deepest, item._depth);
        return deepest + 1;
    }

    private static TemplateValue FromScalar(JsonValue value)
    {
        // A not-a-number has no JSON text.
        if (value.TryGetValue(out double real) && !double.IsFinite(real)) return real;
        switch (value.GetValueKind())
        {
            case JsonValueKind.True:
                return True;
            case JsonValueKind.False:
                return False;
            case JsonValueKind.Null:
                return None;
            case JsonValueKind.Number:
                var digits = value.ToJsonString();
                return long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)
                    ? (TemplateValue)whole
                    : double.Parse(digits, CultureInfo.InvariantCulture);
            default:
                return value.TryGetValue(out string? text) ? text : JsonSerializer.Deserialize<string>(value.ToJsonString())!;
        }
    }
}

/// <summary>A function, a macro or a bound method.</summary>
internal sealed record TemplateCallable(string Name, Func<CallArguments, TemplateValue> Body);
