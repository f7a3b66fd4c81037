using Unmask.Core.Parameters;
using Unmask.Engine.Modeling.Adapters.Targets;

namespace Unmask.Engine.Modeling.Adapters.Planning;

/// <summary>Lays an adapter out for a model by the rules of peft: which modules its settings mean, and what follows for the others.</summary>
internal sealed partial class AdapterPlanner
{
    private readonly LoraSettings settings;
    private readonly Unmask.Engine.Modeling.Architecture architecture;
    private readonly ModelModules modules;
    private readonly List<string> problems = [];
    private readonly List<string> warnings = [];
    private readonly string[] saved;
    private readonly bool keepsTie;

    public AdapterPlanner(LoraSettings settings, Unmask.Engine.Modeling.Architecture architecture, ModelConfig config)
    {
        (this.settings, this.architecture) = (settings, architecture);
        PathExpression.Begin();
        modules = ModelModules.Of(architecture, config);
        saved = [.. settings.SavedModules.SelectMany(Whole).Distinct()];
        keepsTie = settings.KeepsTies && modules.TiedTo is not null && NamesSharedTable();
    }

    /// <exception cref="UserError">The settings mean no module, or two things at once.</exception>
    public AdapterPlan Plan()
    {
        var layers = Layers();
        if (layers.Length == 0 && problems.Count == 0)
        {
            throw new UserError(settings.Targets is { Excluded: null, Layers: null }
                ? $"The targets of the adapter match no linear layer of {architecture.ClassName}. {modules.KnownLinears()}"
                : $"The targets of the adapter match no linear layer of {architecture.ClassName} that its other settings (exclude_modules, layers_to_transform, layers_pattern, modules_to_save) leave. {modules.KnownLinears()}");
        }

        var tokens = Tokens(layers);
        UserError.ThrowIfAny(problems);
        var table = layers.FirstOrDefault(layer => layer.Path == modules.TokenTable);
        var head = layers.FirstOrDefault(layer => layer.Kind == AdaptedKind.Head);
        var shared = keepsTie ? table : null;
        var parameters = Parameters(layers, out var unties);
        // Where the original has no module for a shared head, a branch on the table leaves the head as it is all the same.
        var tied = architecture.TiedHeadIsModule ? modules.TiedTo is not null : modules.Head is null;
        var parted = tied && shared is null && (table is not null || head is not null) || modules.TiedTo is not null && tokens.Any(token => token.InTable != token.InHead);
        unties |= parted;
        if (parted) warnings.Add($"The adapter changes one of embeddings and output head, which share a table in {architecture.ClassName}; here, and in a merged model, each has a table of its own. (peft's own merge would change both.)");
        WarnOfTies();
        WarnOfNames();
        WarnOfLayerNumbers();
        WarnOfPatterns(layers);
        return new AdapterPlan(settings, architecture, layers, TargetNames(layers))
        {
            Saved = parameters,
            SavedNames = SavedNames(),
            Tokens = tokens,
            Unties = unties,
            SharedWithHead = shared,
            HeadPath = modules.Head?.Path,
            Warnings = warnings,
        };
    }

    /// <summary>The modules of a name that are trained as a whole.</summary>
    private IEnumerable<string> Whole(string name)
    {
        var found = modules.Paths.Where(path => ModuleNames.NameMatches(name, path)).ToArray();
        if (found.Length == 0 && problems.Count < 20) problems.Add($"modules_to_save has {name}, which no module of {architecture.ClassName} is called{Near(name, modules.Paths)}. It has {Some(modules.Paths.Select(ModelModules.Leaf).Where(leaf => !char.IsAsciiDigit(leaf[0])).Distinct())}.");
        return found;
    }

    /// <summary>
    /// Whether the settings name a table or a head by one of the names under which peft looks for them when it is to keep them the same (its EMBEDDING_LAYER_NAMES).
    /// Under other names, such as those of BERT, each has a branch of its own there.
    /// </summary>
    private bool NamesSharedTable() => saved.Concat(modules.Adaptable.Where(shape => settings.Targets is { Modules: not null } targets && targets.Match(shape.Path)).Select(shape => shape.Path)).Any(path => ModelModules.Leaf(path) is "embed_tokens" or "lm_head");

    private bool IsWhole(string path) => settings.SavedModules.Any(name => ModuleNames.IsInside(name, path));

    private AdaptedLayer[] Layers()
    {
        AdaptedLayer Layer(LinearShape shape, AdaptedKind kind) => new(shape, settings.RankOf(shape.Path), settings.ScaleOf(shape.Path))
        {
            Kind = kind,
            Dora = settings.Dora,
            HasUpBias = settings.UpBias && kind != AdaptedKind.Table,
        };
        bool Meant(LinearShape shape) => settings.Targets.Match(shape.Path) && !IsWhole(shape.Path);
        var linears = modules.Linears.Where(Meant).Select(shape => Layer(shape, AdaptedKind.Linear));
        if (settings.Targets.Modules is null) return [.. linears];
        var head = modules.Head is { } shape && Meant(shape) && !keepsTie ? [Layer(shape, AdaptedKind.Head)] : Array.Empty<AdaptedLayer>();
        AdaptedLayer[] all = [.. modules.Tables.Where(Meant).Select(table => Layer(table, AdaptedKind.Table)), .. linears, .. head];
        if (settings.UpBias && all.FirstOrDefault(layer => layer.Kind == AdaptedKind.Table) is { } table) problems.Add($"lora_bias is true, which peft does not have for embedding tables, and {table.Path} is one. Remove it from the targets.");
        return all;
    }

    private List<SavedTokens> Tokens(AdaptedLayer[] layers)
    {
        var found = new List<SavedTokens>();
        foreach (var (name, ids) in settings.Tokens)
        {
            var paths = name.Length == 0 ? [modules.TokenTable] : new[] { modules.TokenTable, modules.Head?.Path }.OfType<string>().Where(path => path.EndsWith(name, StringComparison.Ordinal)).ToArray();
            if (paths.Length == 0) problems.Add($"trainable_token_indices names {name}, which is no table of the vocabulary of {architecture.ClassName}. Name {modules.TokenTable}{(modules.Head is { } known ? $" or {known.Path}" : "")}, or give a list.");
            foreach (var path in paths)
            {
                var (rows, width) = modules.Shapes[$"{modules.TokenTable}.weight"] is [var v, var d] ? (v, d) : (0, 0);
                if (ids.Where(id => id >= rows).Select(id => (long?)id).FirstOrDefault() is { } wrong) problems.Add($"trainable_token_indices has {wrong}; the tokens of this {architecture.ClassName} are 0 to {rows - 1}.");
                if (ids.Count != ids.Distinct().Count()) problems.Add("trainable_token_indices has a token twice. Name each once.");
                if (IsWhole(path)) problems.Add($"trainable_token_indices and modules_to_save both name {path}. Remove it from one of them.");
                if (layers.Any(layer => layer.Path == path)) problems.Add($"trainable_token_indices and target_modules both name {path}, which can't be used here. Merge the adapter with the library that made it, or remove it from one of them.");
                var isHead = path == modules.Head?.Path;
                found.Add(new SavedTokens(path, ids, width, InTable: !isHead, InHead: isHead));
            }
        }

        // A head that shares the table shares its rows, as in peft; what is said of the head itself goes first.
        var sharing = modules.TiedTo is not null || modules.Head is null;
        if (sharing && found.Any(tokens => tokens.InTable)) found = [.. found.Where(tokens => tokens.InTable).Select(tokens => tokens with { InHead = true })];
        return found;
    }

    private List<SavedParameter> Parameters(AdaptedLayer[] layers, out bool unties)
    {
        var meant = new Dictionary<string, (List<string> Names, bool Optional)>(StringComparer.Ordinal);
        var names = modules.Names.Where(pair => saved.Any(path => pair.Name.StartsWith(path + ".", StringComparison.Ordinal))).Select(pair => (pair, Optional: false)).ToList();
        bool Adapted(string name) => layers.Any(layer => layer.Kind != AdaptedKind.Table && name == $"{layer.Path}.bias");
        if (settings.Bias != LoraBias.None)
        {
            names.AddRange(modules.Names.Where(pair => pair.Name.Contains("bias", StringComparison.Ordinal) && (settings.Bias == LoraBias.All || Adapted(pair.Name))).Except(names.Select(one => one.pair)).Select(pair => (pair, Optional: true)));
        }

        var touched = names.Select(one => one.pair.Parameter).ToHashSet(StringComparer.Ordinal);
        var headWeight = modules.TiedTo is null ? null : $"{modules.Head!.Path}.weight";
        unties = headWeight is not null && !keepsTie && (touched.Contains(headWeight) || touched.Contains(modules.TiedTo!));
        foreach (var ((name, parameter), optional) in names)
        {
            var here = parameter == headWeight && !unties ? modules.TiedTo! : parameter;
            if (!meant.TryGetValue(here, out var known)) meant.Add(here, known = ([], optional));
            known.Names.Add(name);
        }

        // In the order of the model; of two names the one that is the parameter's own here comes first.
        return [.. modules.Names.Select(pair => pair.Parameter).Distinct().Where(meant.ContainsKey).Select(parameter => new SavedParameter(
            parameter, [.. meant[parameter].Names.OrderBy(name => name != parameter)], Trained: true, meant[parameter].Optional) { Shape = modules.Shapes[parameter] })];
    }

    /// <summary>Names that peft's rule for whole modules, which looks at the end of a path alone, takes for these modules and no others.</summary>
    private string[] SavedNames()
    {
        var plain = settings.SavedModules.All(name => modules.Paths.All(path => !path.EndsWith(name, StringComparison.Ordinal) || ModuleNames.NameMatches(name, path)));
        return plain ? [.. settings.SavedModules] : saved;
    }

    private IReadOnlyList<string> TargetNames(AdaptedLayer[] layers)
    {
        var adapted = layers.Select(layer => layer.Path).ToHashSet(StringComparer.Ordinal);
        var others = modules.Paths.Concat(modules.Adaptable.Select(shape => shape.Path)).Except(adapted).Where(path => !IsWhole(path)).ToArray();
        // Names are kept as they were given where they mean these modules and no others, of which the head could be one.
        var plain = settings.Targets is { Modules: { Pattern: null }, Excluded: null, Layers: null };
        var given = plain && !others.Any(settings.Targets.Match) ? settings.Targets.Modules!.Names : [.. adapted];
        return MinimalSuffixes.Of([.. given.Distinct()], others);
    }

    private static string Near(string name, IEnumerable<string> paths) => Spelling.Nearest(name, paths.Select(ModelModules.Leaf).Distinct()) is { } near ? $"; did you mean {near}?" : "";

    private static string Some(IEnumerable<string> names) => string.Join(", ", names.Take(12)) is var listed && names.Count() > 12 ? $"{listed} and {names.Count() - 12} more" : listed;
}
