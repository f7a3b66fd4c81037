using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Xml.Linq;
using Xunit;

namespace Unmask.Tests.Architecture;

/// <summary>What packages promise: the types and members in PublicFace. UNMASK_WRITE_DOCS=1 writes the files instead of comparing.</summary>
public sealed class PublicFaceTests
{
    private const int MostTypes = 30;

    private static readonly BindingFlags Own = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static TheoryData<string> Packages => new(Sources.Projects.Where(project => project is "Unmask" or "Unmask.Text"));

    [Theory, MemberData(nameof(Packages))]
    public void The_public_face_is_as_written_down(string project)
    {
        var path = Path.Combine(Fixtures.Root, "tests", "Unmask.Tests", "Architecture", "PublicFace", $"{project}.txt");
        var face = string.Concat(ProjectReferenceTests.Load(project).GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal).Select(Face));
        if (Environment.GetEnvironmentVariable("UNMASK_WRITE_DOCS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, face);
        }

        Assert.Equal(File.Exists(path) ? File.ReadAllText(path).ReplaceLineEndings("\n") : "", face);
    }

    [Fact]
    public void The_library_is_small_and_every_type_has_a_summary_and_an_example()
    {
        var library = typeof(UnmaskModel).Assembly;
        var types = library.GetExportedTypes();
        var members = XDocument.Load(Path.ChangeExtension(library.Location, ".xml")).Descendants("member").ToDictionary(member => member.Attribute("name")!.Value);

        Assert.InRange(types.Length, 1, MostTypes);
        Assert.All(types, type =>
        {
            Assert.Equal("Unmask", type.Namespace);
            Assert.True(members.TryGetValue($"T:{type.FullName!.Replace('+', '.')}", out var member), $"{type.Name} has no XML documentation.");
            Assert.True(member!.Element("summary")?.Value.Trim().Length > 0, $"{type.Name} has no summary.");
            Assert.True(member.Element("example")?.Value.Trim().Length > 0, $"{type.Name} has no example.");
        });
    }

    [Fact]
    public void The_library_shows_no_type_of_the_engine_or_of_TorchSharp() =>
        Assert.Empty(
            from type in typeof(UnmaskModel).Assembly.GetExportedTypes()
            from member in type.GetMembers(Own).Where(IsVisible)
            from used in Signature(member).SelectMany(Parts)
            where used.Namespace is { } name && (name.StartsWith("Unmask.", StringComparison.Ordinal) || name.StartsWith("TorchSharp", StringComparison.Ordinal))
            select $"{type.Name}.{member.Name}: {used.FullName}");

    [Fact]
    public void Loading_an_assembly_does_nothing() =>
        Assert.Empty(Sources.Files.Where(file => File.ReadAllText(file.Path).Contains("ModuleInitializer", StringComparison.Ordinal)).Select(file => file.Relative));

    private static string Face(Type type)
    {
        var text = new StringBuilder($"{Kind(type)} {Name(type)}{Bases(type)}\n");
        foreach (var line in type.GetMembers(Own).Where(IsVisible).Select(Line).OfType<string>().Order(StringComparer.Ordinal)) text.Append($"    {line}\n");
        return text.ToString();
    }

    private static string Kind(Type type) => type switch
    {
        { IsEnum: true } => "enum",
        { IsInterface: true } => "interface",
        { IsValueType: true } => "struct",
        { IsAbstract: true, IsSealed: true } => "static class",
        { IsAbstract: true } => "abstract class",
        { IsSealed: true } => "sealed class",
        _ => "class",
    };

    private static string Bases(Type type)
    {
        IEnumerable<Type> bases = (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType) && parent != typeof(Enum) ? [parent] : Type.EmptyTypes)
            .Concat(type.IsEnum ? [] : type.GetInterfaces().Except(type.BaseType?.GetInterfaces() ?? []).Where(one => one.IsVisible).OrderBy(one => one.Name, StringComparer.Ordinal));
        return bases.Any() ? $" : {string.Join(", ", bases.Select(Name))}" : "";
    }

    private static bool IsVisible(MemberInfo member) => member switch
    {
        MethodBase method => method.IsPublic || method.IsFamily,
        FieldInfo field => field.IsPublic,
        PropertyInfo property => property.GetAccessors(nonPublic: true).Any(IsVisible),
        Type nested => nested.IsNestedPublic,
        _ => true,
    };

    private static string? Line(MemberInfo member) => member switch
    {
        ConstructorInfo made => $"{made.DeclaringType!.Name}({Parameters(made)})",
        MethodInfo { IsSpecialName: true } or Type => null,
        // What the compiler writes for every record says nothing of it.
        MethodInfo method when method.IsDefined(typeof(CompilerGeneratedAttribute)) || method.Name.StartsWith('<') => null,
        MethodInfo method => $"{(method.IsStatic ? "static " : "")}{Name(method.ReturnType)} {method.Name}({Parameters(method)})",
        PropertyInfo property when property.Name == "EqualityContract" => null,
        PropertyInfo property => $"{Name(property.PropertyType)} {property.Name} {{ {(property.CanRead ? "get; " : "")}{(property.SetMethod is { } set && IsVisible(set) ? "set; " : "")}}}",
        FieldInfo { IsSpecialName: true } => null,
        FieldInfo { IsLiteral: true } field => $"const {Name(field.FieldType)} {field.Name} = {field.GetRawConstantValue()}",
        FieldInfo field => $"{Name(field.FieldType)} {field.Name}",
        _ => member.ToString(),
    };

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(parameter => $"{Name(parameter.ParameterType)} {parameter.Name}{(parameter.HasDefaultValue ? " = " + (parameter.DefaultValue ?? "default") : "")}"));

    private static IEnumerable<Type> Signature(MemberInfo member) => member switch
    {
        MethodInfo method => [method.ReturnType, .. method.GetParameters().Select(parameter => parameter.ParameterType)],
        MethodBase made => made.GetParameters().Select(parameter => parameter.ParameterType),
        PropertyInfo property => [property.PropertyType],
        FieldInfo field => [field.FieldType],
        _ => [],
    };

    private static IEnumerable<Type> Parts(Type type) => type.HasElementType ? Parts(type.GetElementType()!) : type.IsGenericType ? [type, .. type.GetGenericArguments().SelectMany(Parts)] : [type];

    private static string Name(Type type) => type switch
    {
        { HasElementType: true } => Name(type.GetElementType()!) + (type.IsArray ? "[]" : "&"),
        { IsGenericType: true } => $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>",
        { IsNested: true, IsGenericParameter: false } => $"{Name(type.DeclaringType!)}.{type.Name}",
        _ => type.Namespace is { } space && space.StartsWith("Unmask", StringComparison.Ordinal) && !type.IsGenericParameter ? type.FullName! : type.Name,
    };
}
