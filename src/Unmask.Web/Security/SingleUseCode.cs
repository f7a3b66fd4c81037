using System.Security.Cryptography;
using System.Text;

namespace Unmask.Web.Security;

/// <summary>
/// Codes that open the workbench once, and soon: for the arguments of a program, which every account of the machine can read while it runs. A code follows from the token, so
/// that who has the token can make one without asking; the workbench remembers those that were used.
/// </summary>
/// <param name="token">The token of the workbench.</param>
/// <param name="clock">What time it is.</param>
public sealed class SingleUseCode(string token, TimeProvider clock)
{
    /// <summary>The parameter of the address.</summary>
    internal const string Parameter = "once";

    private static readonly TimeSpan life = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();

    /// <summary>Those that were used and are not too old yet, with when they will be.</summary>
    private readonly Dictionary<string, long> used = [];

    /// <summary>An address of the workbench with a new code in place of the token; one without a token stays as it is.</summary>
    /// <param name="address">As it is printed.</param>
    /// <param name="now">From when the code counts.</param>
    public static string InPlaceOfToken(string address, DateTimeOffset now)
    {
        const string Token = $"?{AccessToken.Parameter}=";
        int at = address.IndexOf(Token, StringComparison.Ordinal);
        return at < 0 ? address : $"{address[..at]}?{Parameter}={Signed(address[(at + Token.Length)..], (now + life).ToUnixTimeSeconds(), Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)))}";
    }

    /// <summary>Is it a code of this workbench that is neither too old nor used? Then it is used now.</summary>
    internal bool Take(string? code)
    {
        if (code?.Split('-') is not [var end, var nonce, _] || !long.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out long until)) return false;
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(code), Encoding.UTF8.GetBytes(Signed(token, until, nonce)))) return false;
        long now = clock.GetUtcNow().ToUnixTimeSeconds();
        if (until < now) return false;
        lock (gate)
        {
            foreach (var old in used.Where(one => one.Value < now).Select(one => one.Key).ToList()) used.Remove(old);
            return used.TryAdd(code, until);
        }
    }

    private static string Signed(string token, long until, string nonce)
    {
        string what = string.Create(CultureInfo.InvariantCulture, $"{until}-{nonce}");
        return $"{what}-{Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(what)))}";
    }
}
