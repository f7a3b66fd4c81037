using System.Reflection;
using System.Xml.Linq;
using Xunit;

namespace Unmask.Tests.Architecture;

public sealed class ProjectReferenceTests
{
    /// <summary>The arrows of the drawing in the architecture: project -> projects it may refer to.</summary>
    private static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["Unmask.Primitives"] = [],
        ["Unmask.Text"] = ["Unmask.Primitives"],
        ["Unmask.Core"] = ["Unmask.Primitives"],
        ["Unmask.Engine"] = ["Unmask.Core", "Unmask.Text"],
        ["Unmask"] = ["Unmask.Engine", "Unmask.Text"],
        ["Unmask.Web"] = ["Unmask.Core"],
        ["Unmask.Cli"] = ["Unmask.Core", "Unmask.Engine", "Unmask.Web"],
    };

    /// <summary>Packages (by the start of their name) that a project must stay free of.</summary>
    private static readonly Dictionary<string, string[]> Forbidden = new()
    {
        ["Unmask.Primitives"] = ["TorchSharp", "libtorch", "Microsoft.AspNetCore", "Spectre.Console", "System.CommandLine", "YamlDotNet"],
        ["Unmask.Text"] = ["TorchSharp", "libtorch", "Microsoft.AspNetCore", "Spectre.Console", "System.CommandLine", "YamlDotNet"],
        ["Unmask.Core"] = ["TorchSharp", "libtorch", "Microsoft.AspNetCore", "Spectre.Console", "System.CommandLine"],
        ["Unmask.Engine"] = ["Microsoft.AspNetCore", "Spectre.Console", "System.CommandLine", "Microsoft.Data.Sqlite"],
        ["Unmask"] = ["libtorch", "Microsoft.AspNetCore", "Spectre.Console", "System.CommandLine"],
        ["Unmask.Web"] = ["TorchSharp", "libtorch"],
        ["Unmask.Cli"] = [],
    };

    public static TheoryData<string> Projects => new(Sources.Projects);

    [Theory, MemberData(nameof(Projects))]
    public void A_project_refers_only_to_the_projects_drawn(string project)
    {
        Assert.True(Arrows.ContainsKey(project), $"{project} is new: draw in {nameof(ProjectReferenceTests)} what it may refer to.");
        var refers = Includes(project, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path.Replace('\\', '/')));

        Assert.Empty(refers.Except(Arrows[project]));
    }

    [Theory, MemberData(nameof(Projects))]
    public void A_project_uses_no_package_that_belongs_to_another_room(string project)
    {
        var packages = Includes(project, "PackageReference").Concat(Includes(project, "FrameworkReference"));

        Assert.DoesNotContain(packages, package => Forbidden[project].Any(start => package.StartsWith(start, StringComparison.OrdinalIgnoreCase)));
    }

    [Fact]
    public void The_compiled_core_knows_neither_tensors_nor_the_engine()
    {
        var refers = typeof(Unmask.Primitives.UserError).Assembly.GetReferencedAssemblies().Select(name => name.Name!);

        Assert.DoesNotContain(refers, name => name.StartsWith("TorchSharp", StringComparison.Ordinal) || name.StartsWith("Unmask.", StringComparison.Ordinal));
    }

    [Fact]
    public void Versions_of_packages_stand_in_one_place() =>
        Assert.DoesNotContain(Sources.Projects, project =>
            XDocument.Load(Sources.ProjectFile(project)).Descendants("PackageReference").Any(reference => reference.Attribute("Version") is not null));

    [Fact]
    public void The_package_of_the_library_depends_on_what_the_assemblies_inside_it_need() =>
        Assert.Empty(
            from project in (string[])["Unmask.Core", "Unmask.Engine"]
            from package in Includes(project, "PackageReference")
            where !package.StartsWith("libtorch", StringComparison.Ordinal) && !package.StartsWith("TorchSharp-", StringComparison.Ordinal)
            where !Includes("Unmask", "PackageReference").Contains(package)
            select $"{project} needs {package}");

    internal static Assembly Load(string project) => Assembly.Load(project switch { "Unmask.Cli" => "unmask", "Unmask" => "Unmask.Library", _ => project });

    private static IEnumerable<string> Includes(string project, string element) =>
        XDocument.Load(Sources.ProjectFile(project)).Descendants(element).Select(reference => reference.Attribute("Include")!.Value);
}
