using System.Globalization;

namespace Unmask.EndToEnd;

/// <summary>How often tests do what they do, where a variable says more than the default.</summary>
internal static class Scale
{
    /// <summary>UNMASK_KILLS: kills of a training process, over all tests that kill one.</summary>
    public static int Kills { get; } = int.TryParse(Environment.GetEnvironmentVariable("UNMASK_KILLS"), CultureInfo.InvariantCulture, out var kills) ? kills : 0;
}
