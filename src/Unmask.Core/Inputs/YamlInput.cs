using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Unmask.Core.Inputs;

/// <summary>
/// Reads YAML that may come from a stranger. The loader of YamlDotNet calls itself for every level, so the events of the parser, which
/// does not, are counted first: depth, aliases, nodes and size.
/// </summary>
public static class YamlInput
{
    /// <summary>The deepest nesting of lists and maps.</summary>
    public const int Depth = 32;

    /// <summary>The longest text, in characters.</summary>
    public const int Length = 1 << 20;

    /// <summary>The most scalars, lists and maps.</summary>
    public const int Nodes = 100_000;

    /// <summary>The root of the only document; null where there is none.</summary>
    /// <exception cref="YamlException">Anything is wrong with it, or it holds two documents. It has the place.</exception>
    public static YamlNode? Load(string text)
    {
        var documents = Documents(text);
        if (documents.Count > 1) throw new YamlException(documents[1].RootNode.Start, documents[1].RootNode.End, "a second document starts here.");
        return documents.Count == 0 ? null : documents[0].RootNode;
    }

    /// <summary>All documents of the text.</summary>
    /// <exception cref="YamlException">Anything is wrong with it. It has the place.</exception>
    public static IList<YamlDocument> Documents(string text)
    {
        if (text.Length > Length) throw new YamlException($"it has {text.Length} characters; at most {Length} are read.");
        // The scanner takes it for the end of the text, and what follows would be lost.
        if (text.Contains('\0', StringComparison.Ordinal)) throw new YamlException("it contains the character NUL, as in an interrupted write.");
        var parser = new Parser(new StringReader(text));
        try
        {
            Check(parser);
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            return stream.Documents;
        }
        catch (Exception fault) when (fault is not YamlException and not OutOfMemoryException)
        {
            // The scanner has faults of many types, whose words are about itself; whatever it throws, the text is what is wrong.
            var last = parser.Current?.End ?? Mark.Empty;
            throw new YamlException(last, last, "what follows here cannot be read, as where a bracket or a quotation mark has no end.", fault);
        }
    }

    private static void Check(Parser parser)
    {
        int depth = 0, nodes = 0;
        while (parser.MoveNext())
        {
            var here = parser.Current!;
            if (here is AnchorAlias) throw new YamlException(here.Start, here.End, "an alias (*name) stands here; write the value itself.");
            depth += here.NestingIncrease;
            // The stream and its document are levels, too.
            if (depth > Depth + 2) throw new YamlException(here.Start, here.End, $"lists and maps are nested more than {Depth} deep.");
            if (here is NodeEvent && ++nodes > Nodes) throw new YamlException(here.Start, here.End, $"it holds more than {Nodes} values.");
        }
    }
}
