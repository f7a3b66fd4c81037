using System.Text;

namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>The filters that go through lists and mappings. Most give their items one by one, as in Jinja: nothing is computed that nobody asks for.</summary>
internal static class ListFilters
{
    public static IEnumerable<(string Names, string Signature, FilterBody Body)> All { get; } =
    [
        ("list", "", (value, call) => TemplateValue.List([.. Sequences.Enumerate(value, call.Budget)])),
        ("first", "", (value, call) => Sequences.Enumerate(value, call.Budget).FirstOrDefault() ?? TemplateValue.Undefined("an empty list has no first item")),
        ("last", "", (value, call) => Backwards(value, call, "last").FirstOrDefault() ?? TemplateValue.Undefined("an empty list has no last item")),
        ("random", "", Random),
        ("join", "d? attribute?", Join),
        ("reverse", "", Reverse),
        ("items", "", Items),
        ("map", "* **", (value, call) => TemplateValue.Iterator("generator", Map(value, call))),
        ("select", "* **", (value, call) => TemplateValue.Iterator("generator", Select(value, call, 0, keep: true))),
        ("reject", "* **", (value, call) => TemplateValue.Iterator("generator", Select(value, call, 0, keep: false))),
        ("selectattr", "* **", (value, call) => TemplateValue.Iterator("generator", Select(value, call, 1, keep: true))),
        ("rejectattr", "* **", (value, call) => TemplateValue.Iterator("generator", Select(value, call, 1, keep: false))),
        ("batch", "linecount fill_with?", (value, call) => TemplateValue.Iterator("generator", Batch(value, call))),
        ("slice", "slices fill_with?", (value, call) => TemplateValue.Iterator("generator", Slice(value, call))),
        ("unique", "case_sensitive? attribute?", (value, call) => TemplateValue.Iterator("generator", Unique(value, call))),
    ];

    private static TemplateValue Join(TemplateValue value, CallArguments call)
    {
        var separator = call.Find(0, "d") ?? "";
        var attribute = call.Find(1, "attribute");
        IEnumerable<TemplateValue> items = Sequences.Enumerate(value, call.Budget);
        if (attribute is not null && attribute.Kind != TemplateKind.None) items = items.Select(AttributePath.Getter(attribute, call));
        if (call.AutoEscape)
        {
            var all = items.ToList();
            if (separator.IsMarkup || all.Exists(item => item.IsMarkup))
            {
                return TemplateValue.Markup(Joined(all.Select(item => Html.Escape(item, call.Budget)), Html.Escape(separator, call.Budget), call.Budget));
            }

            items = all;
        }

        return Joined(items.Select(item => PythonText.Str(item, call.Budget)), PythonText.Str(separator, call.Budget), call.Budget);
    }

    private static string Joined(IEnumerable<string> texts, string separator, RenderBudget budget)
    {
        var result = new StringBuilder();
        var first = true;
        foreach (var text in texts)
        {
            budget.Text(text.Length + separator.Length);
            result.Append(first ? "" : separator).Append(text);
            first = false;
        }

        return result.ToString();
    }

    /// <summary>Another item each time Jinja renders; here always the same for the same template and list, so that a run can be repeated.</summary>
    private static TemplateValue Random(TemplateValue value, CallArguments call)
    {
        var count = Sequences.Length(value, call.Budget);
        if (count == 0) return TemplateValue.Undefined("an empty list has no random item");
        if (value.Kind == TemplateKind.Mapping || Sequences.Item(value, call.Renderer.Draw(count), call.Budget) is not { } item) throw new TemplateFault($"'random' needs a list, not {value.KindName}");
        return item;
    }

    private static TemplateValue Reverse(TemplateValue value, CallArguments call)
    {
        if (value.IsText) return Sequences.Slice(value, null, null, -1, call.Budget);
        if (value.Kind == TemplateKind.Iterator || value.Kind == TemplateKind.Object) return TemplateValue.List(Sequences.Enumerate(value, call.Budget).Reverse().ToList());
        return TemplateValue.Iterator("reversed", Backwards(value, call, "reverse"));
    }

    private static IEnumerable<TemplateValue> Backwards(TemplateValue value, CallArguments call, string name)
    {
        if (value.Kind is TemplateKind.Iterator or TemplateKind.Object) throw new TemplateFault($"'{name}' cannot go through {value.KindName} from its end");
        var items = value.Kind == TemplateKind.Range ? value.AsRange : Sequences.ToList(value, call.Budget);
        return FromEnd();

        IEnumerable<TemplateValue> FromEnd()
        {
            for (var i = items.Count - 1; i >= 0; i--) yield return items[i];
        }
    }

    private static TemplateValue Items(TemplateValue value, CallArguments call)
    {
        return TemplateValue.Iterator("generator", Pairs());

        IEnumerable<TemplateValue> Pairs()
        {
            if (value.IsUndefined) yield break;
            if (value.Kind != TemplateKind.Mapping) throw new TemplateFault($"'items' needs a mapping, not {value.KindName}");
            foreach (var (key, item) in value.AsMapping) yield return TemplateValue.Tuple(key, item);
        }
    }

    private static IEnumerable<TemplateValue> Map(TemplateValue value, CallArguments call)
    {
        if (!value.IsTrue) yield break;
        Func<TemplateValue, TemplateValue> change;
        if (call.Positional.Count == 0)
        {
            var attribute = call.Named.GetValueOrDefault("attribute") ?? throw new TemplateFault("'map' needs the name of a filter, or an attribute");
            if (call.Named.Keys.FirstOrDefault(name => name is not ("attribute" or "default")) is { } extra) throw new TemplateFault($"'map' takes no argument of the name '{extra}'");
            change = AttributePath.Getter(attribute, call, call.Named.GetValueOrDefault("default"));
        }
        else
        {
            var name = call.Positional[0];
            if (!name.IsText) throw call.Wrong("filter", "the name of a filter", name);
            var inner = call.Skip(1, name.AsText);
            change = item => Filters.Apply(name.AsText, item, inner);
        }

        foreach (var item in Sequences.Enumerate(value, call.Budget)) yield return change(item);
    }

    /// <summary>Keeps or drops the items that pass a test; the first argument names an attribute to test where <paramref name="skip"/> is 1.</summary>
    private static IEnumerable<TemplateValue> Select(TemplateValue value, CallArguments call, int skip, bool keep)
    {
        if (!value.IsTrue) yield break;
        if (call.Positional.Count < skip) throw new TemplateFault($"'{call.Callee}' needs the name of an attribute");
        var subject = skip == 1 ? AttributePath.Getter(call.Positional[0], call) : item => item;
        var test = call.Positional.Count > skip ? call.Positional[skip] : null;
        if (test is { IsText: false }) throw call.Wrong("test", "the name of a test", test);
        var inner = call.Skip(skip + 1, test?.AsText ?? call.Callee);
        foreach (var item in Sequences.Enumerate(value, call.Budget))
        {
            var looked = subject(item);
            if ((test is null ? looked.IsTrue : Tests.Holds(test.AsText, looked, inner)) == keep) yield return item;
        }
    }

    private static IEnumerable<TemplateValue> Unique(TemplateValue value, CallArguments call)
    {
        var key = AttributePath.Getter(call.Find(1, "attribute"), call, caseSensitive: call.FindFlag(0, "case_sensitive"));
        var seen = new HashSet<TemplateValue>();
        foreach (var item in Sequences.Enumerate(value, call.Budget))
        {
            if (seen.Add(Sequences.Key(key(item), call.Budget))) yield return item;
        }
    }

    private static IEnumerable<TemplateValue> Batch(TemplateValue value, CallArguments call)
    {
        var size = call.Get(0, "linecount");
        var fill = call.Find(1, "fill_with");
        var batch = new List<TemplateValue>();
        foreach (var item in Sequences.Enumerate(value, call.Budget))
        {
            if (TemplateEquality.Equal(batch.Count, size, call.Budget))
            {
                yield return TemplateValue.List(batch);
                batch = [];
            }

            batch.Add(item);
        }

        if (batch.Count == 0) yield break;
        if (fill is not null && fill.Kind != TemplateKind.None && TemplateEquality.Ordered("<", batch.Count, size, call.Budget))
        {
            if (!size.IsWhole) throw call.Wrong("linecount", "a whole number", size);
            call.Budget.Step(size.AsWhole);
            while (batch.Count < size.AsWhole) batch.Add(fill);
        }

        yield return TemplateValue.List(batch);
    }

    private static IEnumerable<TemplateValue> Slice(TemplateValue value, CallArguments call)
    {
        var items = Sequences.ToList(value, call.Budget);
        var slices = call.GetWhole(0, "slices");
        if (slices == 0) throw new TemplateFault("'slice' makes at least 1 slice, not 0");
        var fill = call.Find(1, "fill_with");
        call.Budget.Step(items.Count);
        var (size, longer) = slices < 0 ? (0, 0) : Math.DivRem(items.Count, slices);
        var start = 0;
        for (var i = 0L; i < slices; i++)
        {
            call.Budget.Step(4);
            var count = (int)(i < longer ? size + 1 : size);
            var slice = items.Skip(start).Take(count).ToList();
            start += count;
            if (fill is not null && fill.Kind != TemplateKind.None && i >= longer) slice.Add(fill);
            yield return TemplateValue.List(slice);
        }
    }
}
