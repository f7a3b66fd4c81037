using System.IO.Hashing;

namespace Unmask.Engine.Text;

/// <summary>
/// Tokenizers that were read a moment ago, by what their files hold: building one with a large vocabulary takes a second, and settings are checked at every change of
/// a form. The last one is kept, others as long as somebody uses them.
/// </summary>
internal static class RecentTokenizers
{
    private const int Most = 8;

    private static readonly Lock Gate = new();
    private static readonly List<(UInt128 Content, WeakReference<Tokenizer> Tokenizer)> Known = [];
    private static Tokenizer? last;

    /// <summary>The tokenizer of these files, built unless it is there.</summary>
    public static Tokenizer Of(TokenizerFiles files)
    {
        var content = Hash(files);
        lock (Gate)
        {
            foreach (var (known, reference) in Known)
            {
                if (known == content && reference.TryGetTarget(out var found)) return last = found;
            }
        }

        // Outside of the lock: two threads may build the same, which only takes time.
        var built = new Tokenizer(files);
        lock (Gate)
        {
            Known.RemoveAll(entry => entry.Content == content || !entry.Tokenizer.TryGetTarget(out _));
            if (Known.Count == Most) Known.RemoveAt(0);
            Known.Add((content, new WeakReference<Tokenizer>(built)));
            return last = built;
        }
    }

    private static UInt128 Hash(TokenizerFiles files)
    {
        var hash = new XxHash128();
        hash.Append(files.TokenizerJson.Span);
        foreach (var text in (string?[])[files.Config.ToJsonString(), files.SpecialTokensMap.ToJsonString(), files.Jinja]) hash.Append(System.Text.Encoding.UTF8.GetBytes($"\0{text}"));
        return hash.GetCurrentHashAsUInt128();
    }
}
