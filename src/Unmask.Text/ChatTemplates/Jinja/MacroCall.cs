namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>Makes a macro something that can be called: its parameters, <c>varargs</c>, <c>kwargs</c> and <c>caller</c>.</summary>
internal static class MacroCall
{
    public static TemplateValue Make(Macro macro, Evaluator evaluator, Scope scope, Func<Scope, TemplateValue> run)
    {
        var hasCaller = macro.Parameters.Any(parameter => parameter.Name == "caller");
        return TemplateValue.Callable(new TemplateCallable(macro.Name, call => run(Bind(macro, call, evaluator, scope, hasCaller)))
        {
            Repr = $"<Macro '{macro.Name}'>",
            Attributes = name => name switch
            {
                "name" => macro.Name,
                "arguments" => TemplateValue.Tuple(macro.Parameters.Select(parameter => (TemplateValue)parameter.Name).ToList()),
                "catch_kwargs" => macro.Reads.Contains("kwargs"),
                "catch_varargs" => macro.Reads.Contains("varargs"),
                "caller" => macro.Reads.Contains("caller"),
                "explicit_caller" => hasCaller,
                _ => null,
            },
        });
    }

    private static Scope Bind(Macro macro, CallArguments call, Evaluator evaluator, Scope scope, bool hasCaller)
    {
        var inner = new Scope(scope);
        var named = call.Named;
        var parameters = macro.Parameters;
        var given = new TemplateValue?[parameters.Count];
        for (var i = 0; i < parameters.Count; i++)
        {
            if (i < call.Positional.Count) given[i] = call.Positional[i];
            else if (named.Remove(parameters[i].Name, out var value)) given[i] = value;
        }

        if (macro.Reads.Contains("caller") && !hasCaller) inner.Set("caller", named.Remove("caller", out var caller) && caller.Kind != TemplateKind.None ? caller : TemplateValue.Undefined($"the macro '{macro.Name}' was not called by a 'call' block"));
        if (macro.Reads.Contains("kwargs")) inner.Set("kwargs", TemplateValue.Mapping(named));
        else if (named.Count > 0) throw new TemplateFault($"the macro '{macro.Name}' has no parameter '{named.GetAt(0).Key}'");
        if (macro.Reads.Contains("varargs")) inner.Set("varargs", TemplateValue.Tuple(call.Positional.Skip(parameters.Count).ToList()));
        else if (call.Positional.Count > parameters.Count) throw new TemplateFault($"the macro '{macro.Name}' takes {parameters.Count} arguments, but {call.Positional.Count} are given");

        for (var i = 0; i < parameters.Count; i++)
        {
            var (name, otherwise) = parameters[i];
            inner.Set(name, given[i] ?? (otherwise is null ? TemplateValue.Undefined(() => $"the parameter '{name}' of the macro '{macro.Name}' was not given") : evaluator.Evaluate(otherwise, inner)));
        }

        return inner;
    }
}

/// <summary>The template itself, <c>self</c>: its blocks can be run again.</summary>
internal sealed class SelfReference(IReadOnlyDictionary<string, Block> blocks, Func<Block, TemplateValue> run) : TemplateObject
{
    private static readonly Signature _none = new("");

    public override string KindName => "the template itself";

    public override TemplateValue? Attribute(string name) => blocks.TryGetValue(name, out var block) ? Members.Method(name, _none, _ => run(block)) : null;

    public override string Repr() => "<TemplateReference None>";
}
