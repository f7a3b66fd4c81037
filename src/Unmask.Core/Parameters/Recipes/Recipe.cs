using Unmask.Core.Hub.Datasets;
using Unmask.Core.Hub.Downloads;
using Unmask.Core.Hub.Http;
using Unmask.Core.Inputs;
using Unmask.Core.Parameters.Validation;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Unmask.Core.Parameters.Recipes;

/// <summary>
/// Settings as somebody wrote them: a YAML file with one setting a line, and <c>--set key=value</c> overrides, read by the same rules.
/// Reading is strict (unknown names, wrong types, doubled names are problems) and collects every problem before it gives up.
/// </summary>
public sealed class Recipe
{
    private const int LargestFile = 4 << 20;
    private const int MostProblems = 100;
    private const int LongestShown = 200;

    /// <summary>Where each given setting was written, by setting name: "recipe.yaml, line 3" or "--set batch_size=8".</summary>
    private readonly Dictionary<string, string> origins = [];
    private readonly List<Problem> readProblems = [];
    private TrainParameters parameters = new();

    private Recipe()
    {
    }

    /// <summary>Why nothing at all could be read of the file, in a sentence; null when it is a list of settings, be they right or wrong.</summary>
    public string? Fault { get; private set; }

    /// <summary>What was written and could not be read: none of it is in <see cref="Parameters"/>.</summary>
    public IReadOnlyList<Problem> Unread => readProblems;

    /// <summary>Whether it sets anything at all.</summary>
    public bool SetsAnything => origins.Count > 0;

    /// <summary>What could be read; a setting with a problem keeps its default.</summary>
    public TrainParameters Parameters => parameters;

    /// <summary>Reads a recipe file and overrides.</summary>
    /// <param name="path">The recipe.</param>
    /// <param name="overrides">Texts of the form key=value; a later one wins.</param>
    /// <param name="workingDirectory">Where relative paths may lead to as well; null for the process's own.</param>
    /// <exception cref="UserError">The file cannot be read at all.</exception>
    public static Recipe Load(string path, IReadOnlyList<string>? overrides = null, string? workingDirectory = null)
    {
        if (Directory.Exists(path)) throw new UserError($"{path} is a folder. Give a recipe file, such as recipes/quickstart.yaml.");
        if (!Path.Exists(path)) throw new UserError($"{path} does not exist. Give a recipe file, such as recipes/quickstart.yaml.");
        return Parse(InputFile.ReadText(path, LargestFile), path, overrides, workingDirectory);
    }

    /// <summary>Reads the text of a recipe; <paramref name="name"/> is the file it stands for (it need not exist).</summary>
    public static Recipe Parse(string text, string name = "recipe.yaml", IReadOnlyList<string>? overrides = null, string? workingDirectory = null)
    {
        string working = Path.GetFullPath(workingDirectory ?? Directory.GetCurrentDirectory());
        string folder = Path.GetDirectoryName(Path.GetFullPath(name, working)) ?? working;
        var recipe = new Recipe();
        recipe.ReadFile(text, name, [folder, working]);
        foreach (string given in overrides ?? []) recipe.ReadOverride(given, [working, folder]);
        return recipe;
    }

    /// <summary>Reads the fields of a form: a text for each setting, as <see cref="RecipeFields"/> writes them.</summary>
    /// <param name="fields">Texts by setting name. An empty text leaves a setting at its default; a setting without a field keeps its default, too.</param>
    /// <param name="workingDirectory">Where relative paths lead; null for the process's own.</param>
    public static Recipe FromFields(IReadOnlyDictionary<string, string> fields, string? workingDirectory = null)
    {
        string working = Path.GetFullPath(workingDirectory ?? Directory.GetCurrentDirectory());
        var recipe = new Recipe();
        foreach ((string key, string text) in fields)
        {
            if (recipe.Known(key, "The form") is { } setting && !string.IsNullOrWhiteSpace(text)) recipe.TakeText(setting, RecipeFields.Yaml(setting, text), "", [working]);
        }

        return recipe;
    }

    /// <summary>All problems: those of reading, of each value, and of values together, with where each was written.</summary>
    public IReadOnlyList<Problem> Check(ValidationFacts? facts = null)
    {
        // Where nothing could be read, that the rest is missing would be said of settings that may well stand there.
        if (Fault is not null) return readProblems;
        IEnumerable<Problem> found = ParameterValidation.Check(parameters, facts ?? ValidationFacts.None)
            .Where(problem => problem.Setting is null || !readProblems.Any(earlier => earlier.Setting == problem.Setting))
            .Select(problem => problem.Setting is { } setting && origins.TryGetValue(setting, out string? origin)
                ? problem with { Sentence = After(origin, problem.Sentence) }
                : problem);
        return [.. readProblems, .. found];
    }

    /// <summary>The checked settings.</summary>
    /// <exception cref="UserError">There are errors; it holds all of them.</exception>
    public TrainParameters Checked(ValidationFacts? facts = null)
    {
        UserError.ThrowIfAny([.. Check(facts).Where(problem => problem.Severity == Severity.Error).Select(problem => problem.Sentence)]);
        return parameters;
    }

    /// <summary>Exchanges settings for what they stand for, such as a model of the Hub for its folder; where they were written stays known.</summary>
    public void Exchange(Func<TrainParameters, TrainParameters> change) => parameters = change(parameters);

    private void ReadFile(string text, string name, IReadOnlyList<string> folders)
    {
        IList<YamlDocument> documents;
        try
        {
            documents = YamlInput.Documents(text);
        }
        catch (YamlException broken)
        {
            Refuse($"{name}, line {broken.Start.Line}: this is not valid YAML: {Excerpt.Of(broken.Message.TrimEnd('.'))}.");
            return;
        }

        if (documents.Count == 0) return;
        if (documents.Count > 1)
            readProblems.Add(Problem.Error(null, $"{name}, line {documents[1].RootNode.Start.Line}: a second YAML document starts here. A recipe is one document."));
        if (documents[0].RootNode is not YamlMappingNode root)
        {
            if (documents[0].RootNode is YamlScalarNode { Value: null or "" }) return;
            Refuse($"{name} is not a list of settings. Write one setting per line, such as batch_size: 8.");
            return;
        }

        foreach ((YamlNode keyNode, YamlNode value) in root.Children)
        {
            string origin = $"{name}, line {keyNode.Start.Line}";
            if (readProblems.Count == MostProblems)
            {
                readProblems.Add(Problem.Error(null, $"{origin}: more problems follow. Fix the ones above first."));
                return;
            }

            if (keyNode is not YamlScalarNode { Value: { } key }) readProblems.Add(Problem.Error(null, $"{origin}: a {(keyNode is YamlMappingNode ? "map" : "list")} is in place of a setting name. docs/parameters.md lists all settings."));
            else if (Known(key, origin) is { } setting) Take(setting, value, origin, folders, twiceIsWrong: true);
        }
    }

    private void Refuse(string sentence)
    {
        Fault = sentence;
        readProblems.Add(Problem.Error(null, sentence));
    }

    private void ReadOverride(string given, IReadOnlyList<string> folders)
    {
        string origin = $"--set {given}";
        int equals = given.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            readProblems.Add(Problem.Error(null, $"{origin}: an override must be key=value, such as --set batch_size=8."));
            return;
        }

        (string key, string text) = (given[..equals].Trim(), given[(equals + 1)..].Trim());
        string? entry = null;
        if (key.Split('.', 2) is [var map, var inner] && ParameterCatalog.Find(map) is { Type: SettingType.Map }) (key, entry) = (map, inner);
        if (Known(key, origin) is not { } setting) return;
        if (entry is null) TakeText(setting, text, origin, folders);
        else TakeEntry(setting, entry, text, origin);
    }

    private void TakeText(Setting setting, string text, string origin, IReadOnlyList<string> folders) => Reading(setting, origin, () =>
        Take(setting, SettingReader.NodeOf(setting, text), origin, folders, twiceIsWrong: false));

    private void TakeEntry(Setting setting, string entry, string text, string origin) => Reading(setting, origin, () =>
    {
        ValueMap whole = (ValueMap)setting.Of(parameters)!;
        setting.Put(parameters, whole.With(entry, SettingReader.Plain(SettingReader.NodeOf(setting, text), $"{setting.Name}.{entry}")));
        origins[setting.Name] = origin;
    });

    private void Reading(Setting setting, string origin, Action read)
    {
        try
        {
            read();
        }
        catch (SettingReader.WrongValueException wrong)
        {
            readProblems.Add(Problem.Error(setting.Name, After(origin, wrong.Message)));
        }
        catch (YamlException broken)
        {
            readProblems.Add(Problem.Error(setting.Name, After(origin, $"the value of {setting.Name} is not valid YAML: {broken.Message.TrimEnd('.')}.")));
        }
    }

    /// <summary>A sentence with where the value was written before it; the fields of a form say that by themselves.</summary>
    private static string After(string origin, string sentence) => origin.Length == 0 ? sentence : $"{origin}: {sentence}";

    private Setting? Known(string key, string origin)
    {
        if (ParameterCatalog.Find(key) is { } setting) return setting;
        string hint = key.Length <= LongestShown && ParameterCatalog.Suggest(key) is { } near ? $"did you mean {near}?" : "docs/parameters.md lists all settings.";
        readProblems.Add(Problem.Error(null, $"{origin}: {Excerpt.Of(key)} is not a setting; {hint}"));
        return null;
    }

    private void Take(Setting setting, YamlNode node, string origin, IReadOnlyList<string> folders, bool twiceIsWrong)
    {
        if (twiceIsWrong && origins.TryGetValue(setting.Name, out string? earlier))
        {
            readProblems.Add(Problem.Error(setting.Name, $"{origin}: {setting.Name} is already set ({earlier}){(setting.Alias is null ? "" : $"; {setting.Alias} is another name for it")}. Remove one of them."));
            return;
        }

        Reading(setting, origin, () =>
        {
            object? value = SettingReader.ValueOf(setting, node);
            if (value is string path && (setting.IsPath || setting.WordOrPath)) value = Located(setting, path, folders);
            setting.Put(parameters, value);
            origins[setting.Name] = origin;
        });
    }

    private static string Located(Setting setting, string path, IReadOnlyList<string> folders)
    {
        if (path.Contains('\0', StringComparison.Ordinal)) throw new SettingReader.WrongValueException($"{setting.Name} contains a NUL character. Write the path without NUL.");
        string found = RecipePaths.Resolve(path, folders);
        if (!setting.IsPath) return File.Exists(found) ? found : path;
        if (Path.Exists(found)) return found;
        if (setting.MayBeJoined && DatasetSpec.IsSpec(path)) return DatasetSpec.Renamed(path, name => Located(setting, name, folders));
        // What is not here and may be of the Hub keeps its name.
        return HubId.IsLike(path) && !(setting.MayBeJoined && HubChoice.HoldsRows(path)) ? path : found;
    }
}
