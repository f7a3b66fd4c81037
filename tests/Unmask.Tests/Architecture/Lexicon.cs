using System.Text.RegularExpressions;

namespace Unmask.Tests.Architecture;

/// <summary>Words that readers of the field do not use, and what they say instead.</summary>
public static class Lexicon
{
    /// <summary>What to say, and a pattern of what not to say. Patterns are of whole words, and ignore case.</summary>
    private static readonly (string Say, Regex Not)[] phrases =
    [
        Entry("CPU", @"processors?"),
        Entry("adapter", @"(?<![/\-_])adaptors?(?![_/])"),
        Entry("dataset", @"data sets?"),
        Entry("American spelling", @"(?:optimi|normali|initiali|quanti|recogni|tokeni|summari|organi)s(?:e|es|ed|er|ers|ing|ation)|colours?|coloured|behaviours?|neighbours?|honours?|centres?|licences?"),
        Entry("default, or typical", @"as usual|usual|usually"),
        Entry("omitted, dropped, or the default", @"left out|leave (?:it|them|that|\S+) out"),
        Entry("per, or tokens/s", @"(?:tokens?|rows?|steps?|bytes?|bits|values?|nats|MiB|s|setting|object|prompt|file|folder) an? (?:second|step|row|token|value|parameter|line|command|run)"),
        Entry("metrics", @"(?:(?:the|its|their|new|first|last|no|all) measures|^measures)"),
        Entry("resume, or continue", @"go(?:es|ing)? on|went on"),
        Entry("archived, or unloaded", @"put away"),
        Entry("the selected", @"the chosen"),
        Entry("open, view or inspect", @"look(?:s|ed)? (?:at (?:it|them|one)|into (?:it|them)|through (?:it|them))"),
        Entry("create", @"(?:is|are|was|were|be) made(?! of)"),
        Entry("output", @"c[ao]mes? out"),
        Entry("is in, or is stored in", @"lies?(?! (?:in )?wait)"),
        Entry("next steps", @"what to type"),
        Entry("masked-token accuracy", @"guess(?:ed|es)"),
        Entry("max new tokens", @"longest answers?"),
        Entry("max length", @"longest sequence"),
        Entry("generation settings", @"how it (?:writes|is loaded|shows)|what it writes"),
        Entry("remasking temperature", @"order temperature"),
        Entry("system prompt", @"what the model is told"),
        Entry("compare with", @"beside (?:it|them|its base)"),
        Entry("median", @"middle"),
        Entry("from scratch", @"fresh (?:\w+ )?models?|from nothing"),
        Entry("trainable parameters", @"trained values|values to train"),
        Entry("frozen, or unchanged", @"(?:stays?|as) (?:as )?(?:it is|they are)"),
        Entry("warmup", @"warm-ups?|warms up"),
        Entry("validation split", @"held-out share"),
        Entry("supervised padding", @"padding that (?:is|belongs)"),
        Entry("truncated, or interrupted", @"cut off"),
        Entry("infill", @"(?:fill|fills|with) (?:the )?gaps?"),
        Entry("lineage", @"where it comes from"),
        Entry("sample datasets", @"came with \w+"),
        Entry("add", @"take it"),
        Entry("demo", @"see one learn|tiny demo"),
        Entry("details unavailable", @"nothing is known|not known"),
        Entry("JSON", @"for (?:a program|programs)"),
        Entry("reference implementations", @"original programs?"),
        Entry("report, show or return", @"tells?|told"),
        Entry("bit-exact, or bit-identical", @"to the (?:same )?bits?"),
        Entry("fix", @"mend(?:ed|s)?"),
        Entry("4-bit", @"(?:in )?4 bits"),
        Entry("a plain fact", @"before your eyes|too kind|gave itself up|gone for good|up to it|all is well|at once by itself"),
    ];

    /// <summary>Words of identifiers, as parts of names in Pascal case.</summary>
    private static readonly (string Say, string Not)[] names =
    [
        ("Adapter", "Adaptor"), ("Dataset", "DataSet"), ("Optimizer", "Optimiser"), ("Normalize", "Normalise"), ("Initialize", "Initialise"), ("Color", "Colour"),
        ("HealthCheck", "Finding"), ("GenerationUpdate", "SideNews"), ("ChatService", "ChatDesk"), ("ModelJobs", "ModelWorks"),
    ];

    /// <summary>What is wrong with a text: the words found, and what to say.</summary>
    public static IEnumerable<string> Problems(string text) =>
        from phrase in phrases
        from Match match in phrase.Not.Matches(text)
        select $"“{match.Value}”: say {phrase.Say}";

    /// <summary>What is wrong with a name of code.</summary>
    public static IEnumerable<string> ProblemsOfName(string name) =>
        from word in names
        where Regex.IsMatch(name, $"{word.Not}(?![a-z])")
        select $"“{word.Not}”: say {word.Say}";

    private static (string Say, Regex Not) Entry(string say, string pattern) => (say, new Regex($@"(?<![\w/.\-])(?:{pattern})(?![\w])", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant));
}
