using System.Globalization;
using Unmask.Core.Events;

namespace Unmask.Cli.Views;

/// <summary>How measured values are written for people: short, and of the same width from line to line.</summary>
public static class Figures
{
    private const double Kibi = 1024;

    /// <summary>Stands for a value that does not exist.</summary>
    public const string None = "-";

    /// <summary>A loss or norm: four digits after the point, fewer when it is large.</summary>
    public static string Number(double? value) => value switch
    {
        null => None,
        { } x when !double.IsFinite(x) => x.ToString(CultureInfo.InvariantCulture),
        { } x when Math.Abs(x) >= 1e6 => x.ToString("0.00e+0", CultureInfo.InvariantCulture),
        { } x when Math.Abs(x) >= 1000 => x.ToString("F0", CultureInfo.InvariantCulture),
        { } x when Math.Abs(x) >= 100 => x.ToString("F1", CultureInfo.InvariantCulture),
        { } x when Math.Abs(x) >= 10 => x.ToString("F2", CultureInfo.InvariantCulture),
        { } x => x.ToString("F4", CultureInfo.InvariantCulture),
    };

    /// <summary>A learning rate, e.g. 9.81e-04.</summary>
    public static string Scientific(double value) => value.ToString("0.00e+00", CultureInfo.InvariantCulture);

    /// <summary>A share of 1 as per cent.</summary>
    public static string Percent(double? share) => share is { } x ? (100 * x).ToString("F1", CultureInfo.InvariantCulture) + "%" : None;

    /// <summary>A whole number with blanks between thousands.</summary>
    public static string Count(double? value) => value is { } x ? Math.Round(x).ToString("#,0", CultureInfo.InvariantCulture).Replace(',', ' ') : None;

    /// <summary>Bytes in MiB or GiB.</summary>
    public static string Bytes(long? bytes) => bytes switch
    {
        null => None,
        { } b when b < Kibi * Kibi => (b / Kibi).ToString("F1", CultureInfo.InvariantCulture) + " KiB",
        { } b when b < Kibi * Kibi * Kibi => (b / Kibi / Kibi).ToString("F1", CultureInfo.InvariantCulture) + " MiB",
        { } b => (b / Kibi / Kibi / Kibi).ToString("F2", CultureInfo.InvariantCulture) + " GiB",
    };

    /// <summary>Seconds as 0:42, 12:05 or 3:07:00.</summary>
    public static string Duration(double? seconds)
    {
        if (seconds is not { } s || !double.IsFinite(s) || s < 0 || s > 1e9) return None;
        var span = TimeSpan.FromSeconds(Math.Round(s));
        return span.TotalHours >= 1 ? $"{(int)span.TotalHours}:{span.Minutes:00}:{span.Seconds:00}" : $"{span.Minutes}:{span.Seconds:00}";
    }

    /// <summary>The name of a phase or metric as words: <c>reading_data</c> becomes reading data.</summary>
    public static string Words(string name) => name.Replace('_', ' ');

    /// <summary>Text on one line.</summary>
    public static string OneLine(string text) => string.Join(' ', text.Split((char[])['\r', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    /// <summary>What a process of a run did: its throughput while it computed, how long it waited, its memory.</summary>
    public static string Rank(RankMeasure rank) => $"rank {rank.Rank}: {Count(rank.TokensPerSecond)} tok/s, waits {Percent(rank.WaitingShare)}, {Bytes(rank.MemoryBytes)}";
}
