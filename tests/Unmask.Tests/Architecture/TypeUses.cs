using System.Reflection;
using System.Reflection.Emit;

namespace Unmask.Tests.Architecture;

/// <summary>Which types a compiled type refers to: in its base types, members, local variables and instructions.</summary>
internal static class TypeUses
{
    private const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OpCode> OpCodesByValue = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => field.GetValue(null)).OfType<OpCode>().ToDictionary(code => code.Value);

    public static IEnumerable<Type> Of(Type type)
    {
        var found = new HashSet<Type>();
        Add(found, type.BaseType);
        foreach (var contract in type.GetInterfaces()) Add(found, contract);
        foreach (var field in type.GetFields(All)) Add(found, field.FieldType);
        foreach (var method in type.GetMethods(All).Cast<MethodBase>().Concat(type.GetConstructors(All))) AddMethod(found, method);
        return found;
    }

    /// <summary>The methods, getters and constructors that the code of a type calls or hands on.</summary>
    public static IEnumerable<MethodBase> CalledBy(Type type) => type.GetMethods(All).Cast<MethodBase>().Concat(type.GetConstructors(All)).SelectMany(CalledBy);

    /// <summary>The methods, getters and constructors that a method calls or hands on.</summary>
    public static IEnumerable<MethodBase> CalledBy(MethodBase method) =>
        TokensIn(method.GetMethodBody()?.GetILAsByteArray() ?? []).Select(token => Resolve(method, token)).OfType<MethodBase>();

    private static void AddMethod(HashSet<Type> found, MethodBase method)
    {
        if (method is MethodInfo info) Add(found, info.ReturnType);
        foreach (var parameter in method.GetParameters()) Add(found, parameter.ParameterType);
        if (method.GetMethodBody() is not { } body) return;

        foreach (var local in body.LocalVariables) Add(found, local.LocalType);
        foreach (var token in TokensIn(body.GetILAsByteArray() ?? [])) AddMember(found, Resolve(method, token));
    }

    private static void AddMember(HashSet<Type> found, MemberInfo? member)
    {
        if (member is Type named) Add(found, named);
        Add(found, member?.DeclaringType);
        if (member is MethodInfo { IsGenericMethod: true } generic)
        {
            foreach (var argument in generic.GetGenericArguments()) Add(found, argument);
        }
    }

    private static void Add(HashSet<Type> found, Type? type)
    {
        while (type?.HasElementType == true) type = type.GetElementType();
        if (type is null || type.IsGenericParameter) return;
        if (!type.IsGenericType)
        {
            found.Add(type);
            return;
        }

        found.Add(type.GetGenericTypeDefinition());
        if (type.IsGenericTypeDefinition) return;
        foreach (var argument in type.GetGenericArguments()) Add(found, argument);
    }

    private static MemberInfo? Resolve(MethodBase method, int token)
    {
        var typeArguments = method.DeclaringType is { IsGenericType: true } type ? type.GetGenericArguments() : null;
        var methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : null;
        return method.Module.ResolveMember(token, typeArguments, methodArguments);
    }

    /// <summary>The metadata tokens of members that instructions name (ECMA-335, III).</summary>
    private static IEnumerable<int> TokensIn(byte[] instructions)
    {
        for (var at = 0; at < instructions.Length;)
        {
            var value = (short)instructions[at++];
            if (value == 0xFE) value = (short)(0xFE00 | instructions[at++]);
            var code = OpCodesByValue[value];
            if (code.OperandType is OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType)
            {
                yield return BitConverter.ToInt32(instructions, at);
            }

            at += code.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + 4 * BitConverter.ToInt32(instructions, at),
                _ => 4,
            };
        }
    }
}
