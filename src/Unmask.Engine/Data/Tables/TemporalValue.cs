using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Unmask.Engine.Data.Tables;

/// <summary>Dates, times, durations and decimals of binary tables as JSON: ISO 8601 texts and plain numbers. What no calendar has stays the number that it is.</summary>
internal static class TemporalValue
{
    private static readonly long[] PerSecond = [1, 1_000, 1_000_000, 1_000_000_000];

    /// <summary>Digits that a number is written with at most.</summary>
    private const int MostDigits = 1000;

    /// <summary>Days since 1970.</summary>
    public static JsonNode? Day(long days, DateTimeKind kind = DateTimeKind.Unspecified) => Ticks(days, TimeSpan.TicksPerDay) is { } ticks ? CellValue.Of(new DateTime(ticks, kind)) : CellValue.Of(days);

    /// <summary>A date as milliseconds since 1970.</summary>
    public static JsonNode? DayOfMilliseconds(long milliseconds) => Ticks(milliseconds, TimeSpan.TicksPerMillisecond) is { } ticks ? CellValue.Of(new DateTime(ticks)) : CellValue.Of(milliseconds);

    /// <summary>Time since 1970, in units from 0, seconds, to 3, nanoseconds; as a moment in UTC.</summary>
    public static JsonNode? Moment(long time, int unit) =>
        TicksOf(time, unit) is { } ticks ? JsonValue.Create(new DateTimeOffset(ticks, TimeSpan.Zero).ToString("O", CultureInfo.InvariantCulture)) : CellValue.Of(time);

    /// <summary>The same, with Z behind it.</summary>
    public static JsonNode? UtcMoment(long time, int unit) => TicksOf(time, unit) is { } ticks ? CellValue.Of(new DateTime(ticks, DateTimeKind.Utc)) : CellValue.Of(time);

    /// <summary>Time since midnight.</summary>
    public static JsonNode? TimeOfDay(long time, int unit)
    {
        var per = Per(unit);
        return time >= 0 && time / per < 86_400
            ? JsonValue.Create($"{new TimeOnly(time / per * TimeSpan.TicksPerSecond):HH:mm:ss}{Fraction(time % per, unit)}")
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
        if (scale is < -MostDigits or > MostDigits) throw new InvalidDataException($"a decimal has {scale:N0} digits behind its point");
        if (scale < 0) (digits, scale) = (digits * BigInteger.Pow(10, -scale), 0);
        var text = BigInteger.Abs(digits).ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        if (scale > 0) text = $"{text[..^scale]}.{text[^scale..]}";
        if (digits.Sign < 0) text = "-" + text;
        return JsonValue.Create(JsonElement.Parse(text));
    }

    private static string Fraction(long parts, int unit)
    {
        if (parts == 0) return "";
        return "." + parts.ToString(CultureInfo.InvariantCulture).PadLeft(3 * unit, '0').TrimEnd('0');
    }

    private static long? TicksOf(long time, int unit) => unit switch
    {
        3 => Ticks(Math.DivRem(time, 100, out var left) - (left < 0 ? 1 : 0), 1),
        _ => Ticks(time, TimeSpan.TicksPerSecond / Per(unit)),
    };

    private static long? Ticks(long count, long each)
    {
        var ticks = (Int128)DateTime.UnixEpoch.Ticks + ((Int128)count * each);
        return ticks >= 0 && ticks <= DateTime.MaxValue.Ticks ? (long)ticks : null;
    }

    private static long Per(int unit) => PerSecond[Math.Clamp(unit, 0, 3)];
}
