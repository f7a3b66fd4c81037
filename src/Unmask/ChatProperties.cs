using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Unmask;

/// <summary>Names of <see cref="ChatOptions.AdditionalProperties"/> for what only diffusion has.</summary>
/// <example>
/// <code>
/// var options = new ChatOptions
/// {
///     MaxOutputTokens = 64,
///     AdditionalProperties = new() { [ChatProperties.DenoisingSteps] = 16, [ChatProperties.Remasking] = RemaskingStrategy.Entropy },
/// };
/// </code>
/// </example>
public static class ChatProperties
{
    /// <summary>Denoising steps: a whole number of at least 1.</summary>
    public const string DenoisingSteps = "denoising_steps";

    /// <summary>Tokens that are denoised together: a whole number of at least 1.</summary>
    public const string BlockLength = "block_length";

    /// <summary>A <see cref="RemaskingStrategy"/>, or its name (<c>low_confidence</c>).</summary>
    public const string Remasking = "remasking";

    /// <summary>Classifier-free guidance: a number of at least 0.</summary>
    public const string CfgScale = "cfg_scale";

    /// <summary>Name or file of a chat template.</summary>
    public const string ChatTemplate = "chat_template";

    /// <summary>The options of a chat as generation settings.</summary>
    internal static GenerationOptions Read(ChatOptions? options) => options is null ? new GenerationOptions() : new GenerationOptions
    {
        MaxNewTokens = options.MaxOutputTokens,
        Temperature = Exact(options.Temperature),
        TopP = Exact(options.TopP),
        TopK = options.TopK,
        Seed = options.Seed ?? 0,
        StopSequences = [.. options.StopSequences ?? []],
        DenoisingSteps = (int?)Number(options, DenoisingSteps, wholeOnly: true),
        BlockLength = (int?)Number(options, BlockLength, wholeOnly: true),
        Remasking = Strategy(Value(options, Remasking)),
        CfgScale = Number(options, CfgScale, wholeOnly: false) ?? 0,
        ChatTemplate = Value(options, ChatTemplate)?.ToString(),
    };

    /// <summary>A float as the decimal number that was meant: 0.9, not 0.8999999761581421.</summary>
    private static double? Exact(float? value) => value is { } given ? double.Parse(given.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) : null;

    private static object? Value(ChatOptions options, string name) =>
        options.AdditionalProperties?.TryGetValue(name, out var value) == true ? value is JsonElement { ValueKind: JsonValueKind.Null } ? null : value : null;

    private static double? Number(ChatOptions options, string name, bool wholeOnly)
    {
        if (Value(options, name) is not { } value) return null;
        var text = Convert.ToString(value, CultureInfo.InvariantCulture);
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) && (!wholeOnly || (number == Math.Truncate(number) && Math.Abs(number) <= int.MaxValue))
            ? number
            : throw new UserError($"{name} is {Excerpt.Of(text ?? "")}; it must be a {(wholeOnly ? "whole number of at least 1" : "number of at least 0")}.");
    }

    private static RemaskingStrategy? Strategy(object? value)
    {
        if (value is null or RemaskingStrategy) return (RemaskingStrategy?)value;
        var name = value.ToString() ?? "";
        return Enum.TryParse<RemaskingStrategy>(name.Replace("_", "", StringComparison.Ordinal), ignoreCase: true, out var strategy) && Enum.IsDefined(strategy)
            ? strategy
            : throw new UserError($"{Remasking} is {Excerpt.Of(name)}; it must be one of {string.Join(", ", Enum.GetNames<RemaskingStrategy>().Select(JsonNamingPolicy.SnakeCaseLower.ConvertName))}.");
    }
}
