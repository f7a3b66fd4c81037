using System.Text.Json.Nodes;

namespace Unmask.Engine.Modeling.Architectures.ModernBert;

/// <summary>
/// Brings a config.json into a form that versions 4 and 5 of transformers open as the same model. Version 4 reads <c>global_attn_every_n_layers</c>,
/// <c>global_rope_theta</c> and <c>local_rope_theta</c>; version 5 reads <c>layer_types</c> and <c>rope_parameters</c>, or takes them from the older keys, and
/// refuses a model whose layers are all of one kind.
/// </summary>
internal static class ModernBertExport
{
    private const string EveryKey = "global_attn_every_n_layers";
    private const string TypesKey = "layer_types";
    private const string RopeKey = "rope_parameters";

    private const int UsualEvery = 3;

    public static void Complete(JsonObject json, ModernBertConfig config)
    {
        var localTheta = config.LocalTheta;
        if (config.Attention.All(layer => layer.Window is null) && config.Layers > 1)
        {
            // A window that covers every position, with the same rotary base, is global attention by another name.
            json["local_attention"] = (int)Math.Min(2L * config.ContextLength, int.MaxValue - 1);
            json[EveryKey] = UsualEvery;
            if (json.ContainsKey(TypesKey)) json[TypesKey] = Types(config.Layers, UsualEvery);
            localTheta = config.GlobalTheta;
        }
        else if (Every(config) is { } every)
        {
            json[EveryKey] = every;
        }

        json["global_rope_theta"] = Real(config.GlobalTheta);
        json["local_rope_theta"] = Real(localTheta);
        if (json[RopeKey] is not JsonObject rope) return;
        Set(rope, ModernBertConfig.Global, config.GlobalTheta);
        Set(rope, ModernBertConfig.Local, localTheta);
    }

    /// <summary>How far apart the global layers are, if they begin with the first and are regular; null where only <c>layer_types</c> can say it.</summary>
    internal static int? Every(ModernBertConfig config)
    {
        bool Fits(int every) => config.Attention.Select((layer, i) => (layer.Window is null) == (i % every == 0)).All(fits => fits);
        // Where the layers are few, several distances give the same: the one of the file stays.
        if (config.Json[EveryKey] is JsonValue value && value.TryGetValue<int>(out var stated) && stated > 0 && Fits(stated)) return stated;
        return Enumerable.Range(1, Math.Max(UsualEvery, config.Layers)).OrderBy(every => every != UsualEvery).Cast<int?>().FirstOrDefault(every => Fits(every!.Value));
    }

    private static JsonArray Types(int layers, int every) => new([.. Enumerable.Range(0, layers).Select(i => JsonValue.Create(i % every == 0 ? ModernBertConfig.Global : ModernBertConfig.Local))]);

    private static void Set(JsonObject rope, string kind, double theta)
    {
        if (rope[kind] is not JsonObject own) rope[kind] = own = new JsonObject { ["rope_type"] = "default" };
        own["rope_theta"] = Real(theta);
    }

    /// <summary>With a point, as a real number.</summary>
    private static JsonNode Real(double number) => JsonNode.Parse(number.ToString(number == Math.Floor(number) && number < 1e15 ? "F1" : "R", CultureInfo.InvariantCulture))!;
}
