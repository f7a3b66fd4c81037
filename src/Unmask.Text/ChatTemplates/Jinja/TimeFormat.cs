using System.Text;

namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>Python's <c>strftime</c> on Linux, in English: every directive, with the flags <c>- _ 0 ^ #</c> and a width.</summary>
internal static class TimeFormat
{
    private const int WidestField = 1000;

    public static string Write(DateTime time, string format, RenderBudget budget)
    {
        budget.Scan(format.Length);
        var text = new StringBuilder();
        Append(text, time, format, budget);
        return text.ToString();
    }

    private static void Append(StringBuilder text, DateTime time, string format, RenderBudget budget)
    {
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                text.Append(format[i]);
                continue;
            }

            var start = i++;
            var flag = '\0';
            var swap = '\0';
            for (; i < format.Length && format[i] is '-' or '_' or '0' or '^' or '#'; i++)
            {
                if (format[i] is '^' or '#') swap = format[i];
                else flag = format[i];
            }

            var width = 0;
            for (; i < format.Length && char.IsAsciiDigit(format[i]); i++) width = Math.Min(WidestField, (width * 10) + format[i] - '0');
            if (i < format.Length && format[i] is 'E' or 'O') i++;
            var code = i < format.Length ? format[i] : '\0';
            budget.Text(Math.Max(16, width));
            if (Whole(time, code) is { } number)
            {
                var (value, digits, pad) = number;
                if (flag == '-') (digits, pad) = (1, '0');
                else if (flag == '_') pad = ' ';
                else if (flag == '0') pad = '0';
                text.Append(value.ToString(CultureInfo.InvariantCulture).PadLeft(Math.Max(digits, width), pad));
            }
            else if (Words(time, code, budget) is { } words)
            {
                if (swap == '^') words = words.ToUpperInvariant();
                else if (swap == '#') words = code is 'p' or 'Z' ? words.ToLowerInvariant() : words.ToUpperInvariant();
                text.Append(words.PadLeft(width, flag == '0' ? '0' : ' '));
            }
            else text.Append(format, start, Math.Min(i + 1, format.Length) - start);
        }

        budget.Text(text.Length);
    }

    /// <summary>A number, how many digits it has at least, and what stands before it.</summary>
    private static (long Value, int Digits, char Pad)? Whole(DateTime time, char code)
    {
        var hour12 = time.Hour % 12 == 0 ? 12 : time.Hour % 12;
        var day = (int)time.DayOfWeek;
        return code switch
        {
            'C' => (time.Year / 100, 2, '0'),
            'd' => (time.Day, 2, '0'),
            'e' => (time.Day, 2, ' '),
            'f' => (time.Ticks % TimeSpan.TicksPerSecond / 10, 6, '0'),
            'g' => (ISOWeek.GetYear(time) % 100, 2, '0'),
            'G' => (ISOWeek.GetYear(time), 4, '0'),
            'H' => (time.Hour, 2, '0'),
            'I' => (hour12, 2, '0'),
            'j' => (time.DayOfYear, 3, '0'),
            'k' => (time.Hour, 2, ' '),
            'l' => (hour12, 2, ' '),
            'm' => (time.Month, 2, '0'),
            'M' => (time.Minute, 2, '0'),
            's' => (new DateTimeOffset(time).ToUnixTimeSeconds(), 1, '0'),
            'S' => (time.Second, 2, '0'),
            'u' => (day == 0 ? 7 : day, 1, '0'),
            'U' => ((time.DayOfYear + 6 - day) / 7, 2, '0'),
            'V' => (ISOWeek.GetWeekOfYear(time), 2, '0'),
            'w' => (day, 1, '0'),
            'W' => ((time.DayOfYear + 6 - ((day + 6) % 7)) / 7, 2, '0'),
            'y' => (time.Year % 100, 2, '0'),
            'Y' => (time.Year, 4, '0'),
            _ => null,
        };
    }

    private static string? Words(DateTime time, char code, RenderBudget budget)
    {
        if (Compound(code) is { } format)
        {
            var text = new StringBuilder();
            Append(text, time, format, budget);
            return text.ToString();
        }

        return code switch
        {
            'a' => time.ToString("ddd", CultureInfo.InvariantCulture),
            'A' => time.ToString("dddd", CultureInfo.InvariantCulture),
            'b' or 'h' => time.ToString("MMM", CultureInfo.InvariantCulture),
            'B' => time.ToString("MMMM", CultureInfo.InvariantCulture),
            'n' => "\n",
            'p' => time.Hour < 12 ? "AM" : "PM",
            'P' => time.Hour < 12 ? "am" : "pm",
            't' => "\t",
            'z' or 'Z' => "",
            '%' => "%",
            _ => null,
        };
    }

    private static string? Compound(char code) => code switch
    {
        'c' => "%a %b %e %H:%M:%S %Y",
        'D' or 'x' => "%m/%d/%y",
        'F' => "%Y-%m-%d",
        'r' => "%I:%M:%S %p",
        'R' => "%H:%M",
        'T' or 'X' => "%H:%M:%S",
        '+' => "%a %b %e %H:%M:%S  %Y",
        _ => null,
    };
}
