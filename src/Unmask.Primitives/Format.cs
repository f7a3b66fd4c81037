namespace Unmask.Primitives;

/// <summary>Numbers, sizes and times as people read them: the same in a terminal, on a page and in a sentence.</summary>
public static class Format
{
    private static readonly string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>Stands for a value that does not exist.</summary>
    public const string None = "–";

    /// <summary>Bytes in the largest unit that leaves at least one of it: 512 B, 2.4 MiB.</summary>
    public static string Bytes(long? bytes)
    {
        if (bytes is not { } all) return None;
        (double value, int unit) = (all, 0);
        while (value >= 1024 && unit < units.Length - 1) (value, unit) = (value / 1024, unit + 1);
        return FormattableString.Invariant(unit == 0 ? $"{all} B" : (FormattableString)$"{value:0.0} {units[unit]}");
    }

    /// <summary>12,345.</summary>
    public static string Count(long? count) => count?.ToString("N0", CultureInfo.InvariantCulture) ?? None;

    /// <summary>A mean or rate as a whole number: 12,345.</summary>
    public static string Count(double? count) => count is { } number ? Math.Round(number).ToString("N0", CultureInfo.InvariantCulture) : None;

    /// <summary>1 run, 12 runs.</summary>
    public static string Count(long count, string one) => $"{Count(count)} {one}{(count == 1 ? "" : "s")}";

    /// <summary>A loss, norm or metric with the figures that count: 1.5440, 34.28, 1,234, 2e-5.</summary>
    public static string Number(double? value) => value switch
    {
        null => None,
        0 => "0",
        { } number when !double.IsFinite(number) => number.ToString(CultureInfo.InvariantCulture),
        { } number => number.ToString(Math.Abs(number) switch { < 1e-3 or >= 1e6 => "0.##e-0", < 10 => "F4", < 100 => "F2", < 1000 => "F1", _ => "N0" }, CultureInfo.InvariantCulture),
    };

    /// <summary>9.81e-4.</summary>
    public static string LearningRate(double? rate) => rate?.ToString("0.00e-0", CultureInfo.InvariantCulture) ?? None;

    /// <summary>A share of 1: 12.3%.</summary>
    public static string Percent(double? share) => share is { } value ? (100 * value).ToString("F1", CultureInfo.InvariantCulture) + "%" : None;

    /// <summary>45 s, 3 min 10 s, 2 h 5 min, 4 d 1 h.</summary>
    public static string Duration(double? seconds) => seconds is >= 0 and < 1e9 ? Duration((long)Math.Round(seconds.Value)) : None;

    /// <summary>As <see cref="Duration(double?)"/>, no more exactly than an estimate is: whole minutes from 5 on.</summary>
    public static string RoughDuration(double seconds) => seconds is >= 300 and < 3600 ? FormattableString.Invariant($"{seconds / 60:0} min") : Duration(seconds);

    private static string Duration(long seconds) => FormattableString.Invariant(seconds switch
    {
        < 60 => $"{seconds} s",
        < 3600 => $"{seconds / 60} min {seconds % 60} s",
        < 86400 => $"{seconds / 3600} h {seconds % 3600 / 60} min",
        _ => (FormattableString)$"{seconds / 86400} d {seconds % 86400 / 3600} h",
    });

    /// <summary>The name of a phase or metric as words: <c>reading_data</c> becomes reading data.</summary>
    public static string Words(string name) => name.Replace('_', ' ');

    /// <summary>Text on one line.</summary>
    public static string OneLine(string text) => string.Join(' ', text.Split((char[])['\r', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    /// <summary>The output of a model on one line, which says so when it is empty.</summary>
    public static string Output(string text) => OneLine(text) is { Length: > 0 } line ? line : "(empty)";
}
