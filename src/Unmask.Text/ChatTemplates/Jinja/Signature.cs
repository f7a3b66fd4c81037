namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>
/// Which arguments something takes, checked at each call as Python does. Written as the names with blanks between; <c>?</c> behind a name: it may be left
/// out; <c>/</c> at the end: no names in the call; <c>*</c>: any number of places; <c>**</c>: any name.
/// </summary>
internal sealed class Signature
{
    private readonly string[] _names;
    private readonly int _needed;
    private readonly bool _placesOnly;
    private readonly bool _anyPlaces;
    private readonly bool _anyNames;

    public Signature(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        (_placesOnly, _anyPlaces, _anyNames) = (words.Contains("/"), words.Contains("*"), words.Contains("**"));
        words = [.. words.Where(word => word is not ("/" or "*" or "**"))];
        _needed = words.Count(word => !word.EndsWith('?'));
        _names = [.. words.Select(word => word.TrimEnd('?'))];
    }

    public void Check(CallArguments call)
    {
        if (call.Positional.Count > _names.Length && !_anyPlaces)
        {
            throw new TemplateFault($"'{call.Callee}' takes {(_names.Length == 0 ? "no arguments" : _names.Length == 1 ? "1 argument" : $"{_names.Length} arguments")}, but {call.Positional.Count} are given");
        }

        foreach (var name in call.Named.Keys)
        {
            var at = Array.IndexOf(_names, name);
            if ((_placesOnly || at < 0) && !_anyNames) throw new TemplateFault($"'{call.Callee}' takes no argument of the name '{name}'");
            if (at >= 0 && at < call.Positional.Count) throw new TemplateFault($"'{call.Callee}' is given the argument '{name}' twice");
        }

        for (var i = call.Positional.Count; i < _needed; i++)
        {
            if (!call.Named.ContainsKey(_names[i])) throw new TemplateFault($"'{call.Callee}' needs the argument '{_names[i]}'");
        }
    }
}
