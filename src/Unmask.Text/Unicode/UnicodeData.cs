namespace Unmask.Text.Unicode;

/// <summary>
/// Tables of the Unicode Character Database that .NET keeps to itself or, in the invariant mode this program runs in, does not
/// have (there <c>string.Normalize</c> returns its input). Read once, on first use.
/// </summary>
internal static class UnicodeData
{
    private static readonly Lazy<Tables> _tables = new(Read, LazyThreadSafetyMode.ExecutionAndPublication);

    /// <summary>One step of decomposition: canonical mappings.</summary>
    public static Dictionary<int, int[]> Canonical => _tables.Value.Canonical;

    /// <summary>One step of decomposition: compatibility mappings.</summary>
    public static Dictionary<int, int[]> Compatibility => _tables.Value.Compatibility;

    /// <summary>Primary composites: the pair (first, second) as <c>first &lt;&lt; 32 | second</c>.</summary>
    public static Dictionary<long, int> Compositions => _tables.Value.Compositions;

    public static int CombiningClass(int codePoint) => codePoint < 0x300 ? 0 : _tables.Value.CombiningClasses.GetValueOrDefault(codePoint);

    /// <summary>The ranges of a script, or null when there is no script of that name (case and underscores do not count).</summary>
    public static IReadOnlyList<(int First, int Last)>? Script(string name) =>
        _tables.Value.Scripts.GetValueOrDefault(Normalized(name));

    /// <summary>Whether a code point has Other_Alphabetic, Other_Lowercase or Other_Uppercase.</summary>
    public static bool Has(string property, int codePoint)
    {
        foreach (var (first, last) in _tables.Value.Properties[property])
            if (codePoint >= first && codePoint <= last) return true;
        return false;
    }

    /// <summary>The script of a code point, in lower case without underscores; "unknown" when it has none.</summary>
    public static string ScriptOf(int codePoint)
    {
        foreach (var (name, ranges) in _tables.Value.Scripts)
            foreach (var (first, last) in ranges)
                if (codePoint >= first && codePoint <= last) return name;
        return "unknown";
    }

    /// <summary>Whether a code point came after Unicode 8.0, or after 9.0.</summary>
    /// <param name="version">8 or 9.</param>
    public static bool CameAfter(int version, int codePoint)
    {
        var later = _tables.Value.Later;
        int low = 0, high = later.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (later[middle].Last < codePoint) low = middle + 1;
            else high = middle;
        }
        return low < later.Count && codePoint >= later[low].First && later[low].Version > version;
    }

    public static string Normalized(string name) => name.Replace("_", "").Replace(" ", "").Replace("-", "").ToLowerInvariant();

    private static Tables Read()
    {
        using var stream = typeof(UnicodeData).Assembly.GetManifestResourceStream("unicode-data.txt")!;
        using var reader = new StreamReader(stream);
        var tables = new Tables();
        var excluded = new HashSet<int>();
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#')) continue;
            var fields = line.Split(' ');
            int first = Hex(fields[1]);
            switch (line[0])
            {
                case 'D':
                    tables.Canonical[first] = [.. fields.Skip(2).Select(Hex)];
                    break;
                case 'K':
                    tables.Compatibility[first] = [.. fields.Skip(2).Select(Hex)];
                    break;
                case 'C':
                    for (int c = first; c <= Hex(fields[2]); c++) tables.CombiningClasses[c] = int.Parse(fields[3], CultureInfo.InvariantCulture);
                    break;
                case 'X':
                    for (int c = first; c <= Hex(fields[2]); c++) excluded.Add(c);
                    break;
                case 'S':
                    Add(tables.Scripts, Normalized(fields[3]), first, Hex(fields[2]));
                    break;
                case 'O':
                    Add(tables.Properties, fields[3], first, Hex(fields[2]));
                    break;
                case 'A':
                    tables.Later.Add((first, Hex(fields[2]), int.Parse(fields[3], CultureInfo.InvariantCulture)));
                    break;
            }
        }
        foreach (var (composite, parts) in tables.Canonical)
            if (parts.Length == 2 && !excluded.Contains(composite)) tables.Compositions[(long)parts[0] << 32 | (uint)parts[1]] = composite;
        return tables;
    }

    private static void Add(Dictionary<string, List<(int, int)>> named, string name, int first, int last)
    {
        if (!named.TryGetValue(name, out var ranges)) named[name] = ranges = [];
        ranges.Add((first, last));
    }

    private static int Hex(string field) => int.Parse(field, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private sealed class Tables
    {
        public Dictionary<int, int[]> Canonical { get; } = [];
        public Dictionary<int, int[]> Compatibility { get; } = [];
        public Dictionary<long, int> Compositions { get; } = [];
        public Dictionary<int, int> CombiningClasses { get; } = [];
        public Dictionary<string, List<(int First, int Last)>> Scripts { get; } = [];
        public Dictionary<string, List<(int First, int Last)>> Properties { get; } = new(StringComparer.Ordinal);

        /// <summary>In ascending order; the version is 9, or 10 for any later one.</summary>
        public List<(int First, int Last, int Version)> Later { get; } = [];
    }
}
