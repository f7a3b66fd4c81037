using System.Globalization;
using Unmask.Text.ChatTemplates.Jinja;
using Xunit;

namespace Unmask.Tests.Text.Templates;

/// <summary>Times as Python 3.14 writes them on Linux in the C locale.</summary>
public class TimeFormatTests
{
    private static readonly string[] _formats =
    [
        "%a %A %b %B %c", "%d %D %e %F %f", "%g %G %h %H %I", "%j %k %l %m %M", "%p %P %r %R", "%S %T %u %U %V", "%w %W %x %X %y %Y %C", "%z|%Z|%%|%n|%t",
        "%-d %-m %_d %05d %^a %#p %^B %-I %3S", "%Ey %Od %Q %",
    ];

    [Theory]
    [InlineData("2024-01-01T00:05:09.0012340", "Mon Monday Jan January Mon Jan  1 00:05:09 2024", "01 01/01/24  1 2024-01-01 001234", "24 2024 Jan 00 12", "001  0 12 01 05", "AM am 12:05:09 AM 00:05", "09 00:05:09 1 00 01", "1 01 01/01/24 00:05:09 24 2024 20", "||%|\n|\t", "1 1  1 00001 MON am JANUARY 12 009", "24 01 %Q %")]
    [InlineData("2026-11-30T13:45:00.9999990", "Mon Monday Nov November Mon Nov 30 13:45:00 2026", "30 11/30/26 30 2026-11-30 999999", "26 2026 Nov 13 01", "334 13  1 11 45", "PM pm 01:45:00 PM 13:45", "00 13:45:00 1 48 49", "1 48 11/30/26 13:45:00 26 2026 20", "||%|\n|\t", "30 11 30 00030 MON pm NOVEMBER 1 000", "26 30 %Q %")]
    [InlineData("2023-01-01T12:00:00.0000000", "Sun Sunday Jan January Sun Jan  1 12:00:00 2023", "01 01/01/23  1 2023-01-01 000000", "22 2022 Jan 12 12", "001 12 12 01 00", "PM pm 12:00:00 PM 12:00", "00 12:00:00 7 01 52", "0 00 01/01/23 12:00:00 23 2023 20", "||%|\n|\t", "1 1  1 00001 SUN pm JANUARY 12 000", "23 01 %Q %")]
    [InlineData("2020-12-31T23:59:59.0000000", "Thu Thursday Dec December Thu Dec 31 23:59:59 2020", "31 12/31/20 31 2020-12-31 000000", "20 2020 Dec 23 11", "366 23 11 12 59", "PM pm 11:59:59 PM 23:59", "59 23:59:59 4 52 53", "4 52 12/31/20 23:59:59 20 2020 20", "||%|\n|\t", "31 12 31 00031 THU pm DECEMBER 11 059", "20 31 %Q %")]
    public void Every_directive_is_written_as_in_Python(string time, params string[] expected)
    {
        var parsed = DateTime.ParseExact(time, "yyyy-MM-ddTHH:mm:ss.fffffff", CultureInfo.InvariantCulture);
        Assert.Equal(expected, _formats.Select(format => TimeFormat.Write(parsed, format, RenderBudget.Unlimited())));
    }
}
