using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Unmask.Engine.Data.Tables;

/// <summary>Dates, times, durations and decimals of binary tables as JSON: ISO 8601 texts and plain numbers. What no calendar has stays the number that it is.</summary>
internal static class TemporalValue
{
    private const int NanosecondsOfSecond = 1_000_000_000;
    private const long SecondsOfDay = 86_400;
    private const long MillisecondsOfDay = 86_400_000;

    /// <summary>Most digits of a decimal: what 256 bits hold, the widest that Arrow has.</summary>
    private const int MostDigits = 76;

    private static readonly long[] PerSecond = [1, 1_000, 1_000_000, 1_000_000_000];

    /// <summary>Days since 1970.</summary>
    public static JsonNode? Day(long days) => Moment(days, 0) is { } text ? JsonValue.Create(text[..text.IndexOf('T', StringComparison.Ordinal)]) : CellValue.Of(days);

    /// <summary>A date as milliseconds since 1970.</summary>
    public static JsonNode? DayOfMilliseconds(long milliseconds) => Moment(Floor(milliseconds, MillisecondsOfDay), 0) is null ? CellValue.Of(milliseconds) : Day(Floor(milliseconds, MillisecondsOfDay));

    /// <summary>Time since 1970, in units from 0, seconds, to 3, nanoseconds.</summary>
    /// <param name="time">The time.</param>
    /// <param name="unit">The unit.</param>
    /// <param name="inZone">Whether it is a moment in UTC, and not one of a clock on some wall.</param>
    public static JsonNode? Moment(long time, int unit, bool inZone)
    {
        var seconds = Floor(time, Per(unit));
        var days = Floor(seconds, SecondsOfDay);
        return Moment(days, ((seconds - (days * SecondsOfDay)) * NanosecondsOfSecond) + ((time - (seconds * Per(unit))) * (NanosecondsOfSecond / Per(unit)))) is { } text
            ? JsonValue.Create(inZone ? text + "+00:00" : text)
            : CellValue.Of(time);
    }

    /// <summary>A day since 1970 and the time on it as Python's isoformat writes them; null where no calendar has it.</summary>
    public static string? Moment(long day, long nanoseconds)
    {
        var seconds = Floor(nanoseconds, NanosecondsOfSecond);
        var ticks = ((((Int128)day * SecondsOfDay) + seconds) * TimeSpan.TicksPerSecond) + DateTime.UnixEpoch.Ticks;
        return ticks >= 0 && ticks <= DateTime.MaxValue.Ticks
            ? new DateTime((long)ticks).ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture) + Fraction(nanoseconds - (seconds * NanosecondsOfSecond))
            : null;
    }

    /// <summary>Time since midnight.</summary>
    public static JsonNode? TimeOfDay(long time, int unit)
    {
        var per = Per(unit);
        return time >= 0 && time / per < SecondsOfDay
            ? JsonValue.Create(new TimeOnly(time / per * TimeSpan.TicksPerSecond).ToString("HH:mm:ss", CultureInfo.InvariantCulture) + Fraction(time % per * (NanosecondsOfSecond / per)))
            : CellValue.Of(time);
    }

    /// <summary>A length of time, in seconds.</summary>
    public static JsonNode? Duration(long time, int unit) => Decimal(time, 3 * Math.Clamp(unit, 0, 3));

    /// <summary>A length of time by the calendar.</summary>
    public static JsonObject Interval(int months, int days, long nanoseconds) => new() { ["months"] = months, ["days"] = days, ["nanoseconds"] = nanoseconds };

    /// <summary>A decimal number as JSON writes it, with all its digits.</summary>
    /// <param name="digits">Its digits, without a point.</param>
    /// <param name="scale">How many of them stand behind the point.</param>
    public static JsonNode? Decimal(BigInteger digits, int scale)
    {
        if (scale is < -MostDigits or > MostDigits) throw new InvalidDataException($"a decimal has {scale:N0} digits behind its point, at most {MostDigits} are read");
        if (scale < 0) (digits, scale) = (digits * BigInteger.Pow(10, -scale), 0);
        var text = BigInteger.Abs(digits).ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        if (scale > 0) text = $"{text[..^scale]}.{text[^scale..]}";
        if (digits.Sign < 0) text = "-" + text;
        return JsonValue.Create(JsonElement.Parse(text));
    }

    /// <summary>None, six or nine digits.</summary>
    private static string Fraction(long nanoseconds) =>
        nanoseconds == 0 ? ""
        : nanoseconds % 1000 == 0 ? "." + (nanoseconds / 1000).ToString("D6", CultureInfo.InvariantCulture)
        : "." + nanoseconds.ToString("D9", CultureInfo.InvariantCulture);

    private static long Floor(long value, long by) => Math.DivRem(value, by, out var left) - (left < 0 ? 1 : 0);

    private static long Per(int unit) => PerSecond[Math.Clamp(unit, 0, 3)];
}
