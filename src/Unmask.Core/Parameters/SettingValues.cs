using System.Collections;
using System.Runtime.CompilerServices;

namespace Unmask.Core.Parameters;

/// <summary>A list of texts that compares by content.</summary>
[CollectionBuilder(typeof(TextList), nameof(Create))]
public sealed class TextList : IReadOnlyList<string>, IEquatable<TextList>
{
    private readonly string[] items;

    private TextList(string[] items) => this.items = items;

    public static TextList Empty { get; } = new([]);

    public static TextList Create(ReadOnlySpan<string> items) => items.Length == 0 ? Empty : new(items.ToArray());

    public int Count => items.Length;

    public string this[int index] => items[index];

    public IEnumerator<string> GetEnumerator() => ((IEnumerable<string>)items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => items.GetEnumerator();

    public bool Equals(TextList? other) => other is not null && items.AsSpan().SequenceEqual(other.items);

    public override bool Equals(object? obj) => Equals(obj as TextList);

    public override int GetHashCode() => items.Aggregate(items.Length, HashCode.Combine);
}

/// <summary>
/// Named values that compare by content, in the order of their names. A value is a <see cref="bool"/>, <see cref="long"/>,
/// <see cref="double"/>, <see cref="string"/> or null.
/// </summary>
public sealed class ValueMap : IReadOnlyDictionary<string, object?>, IEquatable<ValueMap>
{
    private readonly SortedDictionary<string, object?> values = new(StringComparer.Ordinal);

    public ValueMap(IEnumerable<KeyValuePair<string, object?>> values)
    {
        foreach ((string name, object? value) in values)
        {
            this.values.Add(name, value switch
            {
                null or bool or long or double or string => value,
                int whole => (long)whole,
                float real => (double)real,
                _ => throw new ArgumentException($"A value of type {value.GetType().Name} cannot stand in a map of settings.", nameof(values)),
            });
        }
    }

    public static ValueMap Empty { get; } = new([]);

    public int Count => values.Count;

    public IEnumerable<string> Keys => values.Keys;

    public IEnumerable<object?> Values => values.Values;

    public object? this[string key] => values[key];

    /// <summary>The same map with one value added or replaced.</summary>
    public ValueMap With(string key, object? value) =>
        new(values.Where(pair => pair.Key != key).Append(new(key, value)));

    public bool ContainsKey(string key) => values.ContainsKey(key);

    public bool TryGetValue(string key, out object? value) => values.TryGetValue(key, out value);

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public bool Equals(ValueMap? other) => other is not null && values.SequenceEqual(other.values);

    public override bool Equals(object? obj) => Equals(obj as ValueMap);

    public override int GetHashCode() => values.Aggregate(values.Count, (hash, pair) => HashCode.Combine(hash, pair.Key, pair.Value));
}
