using Unmask.Engine.Modeling.Blocks;

namespace Unmask.Engine.Modeling.Checkpoints;

/// <summary>
/// Finds parameters in files whose tensors are named by a wrapper: <c>torch.compile</c>, FSDP, data parallelism, a trainer or peft put their own words before or
/// between the names, and files of the layers alone lack the first word.
/// </summary>
internal sealed class WeightNames
{
    /// <summary>Modules that hold another and add nothing; their names may stand anywhere.</summary>
    private static readonly string[] Wrappers = ["_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", "_forward_module"];

    /// <summary>Words that only stand at the beginning.</summary>
    private static readonly string[] Beginnings = ["module.", "model.", "base_model.model.", "base_model."];

    private const int MostBeginnings = 3;

    private readonly Dictionary<string, string> originals = new(StringComparer.Ordinal);
    private readonly SortedSet<string> seenWrappers = new(StringComparer.Ordinal);
    private readonly string body;
    private string beginning = "";
    private bool withoutBody;

    /// <param name="names">Names of the file.</param>
    /// <param name="specs">What is looked for.</param>
    /// <param name="body">First word of the layers' names.</param>
    public WeightNames(IEnumerable<string> names, IReadOnlyList<ParameterSpec> specs, string body)
    {
        this.body = body;
        foreach (var name in names)
        {
            var plain = Unwrapped(name);
            // A tensor under its own name comes before one with a wrapper's.
            if (plain == name) originals[plain] = name;
            else originals.TryAdd(plain, name);
        }

        if (specs.All(spec => Find(spec) is not null)) return;
        var best = specs.Count(spec => Find(spec) is not null);
        foreach (var (candidate, bare) in Candidates().Where(candidate => candidate != ("", false)))
        {
            var found = specs.Count(spec => Find(spec, candidate, bare) is not null);
            if (found > best) (best, beginning, withoutBody) = (found, candidate, bare);
        }
    }

    /// <summary>The name that a parameter has in the file, or null.</summary>
    public string? Find(ParameterSpec spec) => Find(spec, beginning, withoutBody);

    /// <summary>The name that the original would have given to a tensor of the file.</summary>
    public string Plain(string name)
    {
        var plain = Unwrapped(name);
        if (plain.StartsWith(beginning, StringComparison.Ordinal)) plain = plain[beginning.Length..];
        return withoutBody ? body + plain : plain;
    }

    /// <summary>What was left out of the names, as a sentence without the folder; null where they are those of the original.</summary>
    public string? Notice
    {
        get
        {
            var left = seenWrappers.Select(wrapper => $"'{wrapper}.'").Concat(beginning.Length > 0 ? [$"'{beginning}'"] : []).ToArray();
            if (left.Length > 0) return $"names its tensors with the prefix {string.Join(" and ", left)} of a wrapper, which is ignored";
            return withoutBody ? $"names its tensors without '{body}', as files of the layers alone do" : null;
        }
    }

    private string? Find(ParameterSpec spec, string first, bool bare)
    {
        // Where readers of the original take the second name, so do we.
        string?[] names = [spec.SavedAlsoAs, spec.Name, .. spec.OtherNames];
        foreach (var name in names)
        {
            if (name is null) continue;
            var sought = bare && name.StartsWith(body, StringComparison.Ordinal) ? name[body.Length..] : name;
            if (originals.TryGetValue(first + sought, out var found)) return found;
        }

        return null;
    }

    /// <summary>Beginnings that some name of the file has, shortest first, each with and without the word of the layers.</summary>
    private IEnumerable<(string Beginning, bool Bare)> Candidates()
    {
        string[] last = [""];
        for (var depth = 0; depth <= MostBeginnings; depth++)
        {
            foreach (var beginning in last)
            {
                yield return (beginning, false);
                yield return (beginning, true);
            }

            last = [.. last.SelectMany(before => Beginnings.Select(next => before + next)).Distinct().Where(beginning => originals.Keys.Any(name => name.StartsWith(beginning, StringComparison.Ordinal)))];
        }
    }

    private string Unwrapped(string name)
    {
        if (!Wrappers.Any(wrapper => name.Contains(wrapper, StringComparison.Ordinal))) return name;
        var parts = name.Split('.');
        foreach (var part in parts.Where(part => Wrappers.Contains(part))) seenWrappers.Add(part);
        return string.Join('.', parts.Where(part => !Wrappers.Contains(part)));
    }
}
