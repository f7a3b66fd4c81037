using System.Globalization;

namespace Unmask.Web.Components;

/// <summary>Numbers and times as people read them.</summary>
public static class Words
{
    private static readonly string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>2.4 MiB.</summary>
    public static string Bytes(long bytes)
    {
        var (value, unit) = ((double)bytes, 0);
        while (value >= 1024 && unit < units.Length - 1) (value, unit) = (value / 1024, unit + 1);
        return unit == 0 ? FormattableString.Invariant($"{bytes} B") : FormattableString.Invariant($"{value:0.0} {units[unit]}");
    }

    /// <summary>12,345.</summary>
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>1 run, 12 runs.</summary>
    public static string Count(long count, string one) => $"{Count(count)} {one}{(count == 1 ? "" : "s")}";

    /// <summary>Four or five figures that count: 1.5440, 0.0312, 2e-5.</summary>
    public static string Number(double? value) => value switch
    {
        null => "–",
        0 => "0",
        { } number when !double.IsFinite(number) => number.ToString(CultureInfo.InvariantCulture),
        { } number when Math.Abs(number) is < 1e-3 or >= 1e6 => number.ToString("0.##e-0", CultureInfo.InvariantCulture),
        { } number when Math.Abs(number) >= 1000 => number.ToString("N0", CultureInfo.InvariantCulture),
        { } number => number.ToString("0.0000", CultureInfo.InvariantCulture),
    };

    /// <summary>12.3%.</summary>
    public static string Share(double? share) => share is { } value ? (100 * value).ToString("0.0", CultureInfo.InvariantCulture) + "%" : "–";

    /// <summary>As <see cref="Duration"/>, no more exactly than an estimate is: whole minutes from 5 on.</summary>
    public static string Roughly(double seconds) => seconds is >= 300 and < 3600 ? FormattableString.Invariant($"{seconds / 60:0} min") : Duration(seconds);

    /// <summary>45 s, 3 min 10 s, 2 h 5 min.</summary>
    public static string Duration(double? seconds) => seconds switch
    {
        null => "–",
        < 60 => FormattableString.Invariant($"{seconds:0} s"),
        < 3600 => FormattableString.Invariant($"{Math.Floor(seconds.Value / 60):0} min {seconds.Value % 60:0} s"),
        < 86400 => FormattableString.Invariant($"{Math.Floor(seconds.Value / 3600):0} h {Math.Floor(seconds.Value % 3600 / 60):0} min"),
        _ => FormattableString.Invariant($"{Math.Floor(seconds.Value / 86400):0} d {Math.Floor(seconds.Value % 86400 / 3600):0} h"),
    };
}
