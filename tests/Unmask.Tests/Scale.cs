using System.Globalization;

namespace Unmask.Testing;

/// <summary>How often tests do what they do, where a variable says more than the default.</summary>
internal static class Scale
{
    /// <summary>The number that a variable of the environment sets, or the default.</summary>
    /// <exception cref="InvalidOperationException">It is set to something else than a whole number above 0: the test would do less than was asked.</exception>
    public static int Of(string variable, int otherwise)
    {
        if (Environment.GetEnvironmentVariable(variable) is not { Length: > 0 } text) return otherwise;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number
            : throw new InvalidOperationException($"{variable} is \"{text}\". It must be a whole number above 0, such as {variable}=1000.");
    }
}
