using System.Reflection;
using Xunit;

namespace Unmask.Tests.Architecture;

public sealed class FolderCircleTests
{
    public static TheoryData<string> Projects => new(Sources.Projects);

    [Theory, MemberData(nameof(Projects))]
    public void The_folders_of_a_project_form_no_circle(string project)
    {
        var uses = UsesBetweenFolders(ProjectReferenceTests.Load(project), type => TopFolder(project, type));

        var circle = CircleIn(uses);

        Assert.True(circle is null, circle is null ? "" : "Folders form a circle:" + string.Concat(circle.Select(edge => $"\n  {edge.From} -> {edge.To}: {uses[edge]}")));
    }

    [Theory, MemberData(nameof(Projects))]
    public void Folders_at_any_depth_form_no_circle(string project)
    {
        var circles = Circles(UsesBetweenFolders(ProjectReferenceTests.Load(project), type => type.Namespace));

        Assert.Empty(circles.Select(circle => string.Join(" <-> ", circle)));
    }

    [Fact]
    public void A_circle_is_found_and_a_chain_is_not()
    {
        Dictionary<(string From, string To), string> chain = new() { [("a", "b")] = "", [("b", "c")] = "", [("a", "c")] = "" };
        Assert.Null(CircleIn(chain));
        Assert.Empty(Circles(chain));

        chain[("c", "a")] = "";
        Assert.Equal(["a", "b", "c"], Assert.Single(Circles(chain)));
        Assert.Equal(["a", "c"], CircleIn(chain)!.Select(edge => edge.From).Order());
    }

    [Fact]
    public void Uses_are_seen_in_instructions_too()
    {
        Assert.Contains(typeof(Unmask.Primitives.UserError), TypeUses.Of(typeof(Throws)));
        Assert.Contains(typeof(List<>), TypeUses.Of(typeof(Throws)));
        Assert.Contains(typeof(Uri), TypeUses.Of(typeof(Throws)));
    }

    private static class Throws
    {
        public static object Now() => new List<Uri>(capacity: 3) is { Count: > 1 } list ? list : throw new Unmask.Primitives.UserError("no");
    }

    /// <summary>Each pair of folders of which one uses the other, with a place where it does.</summary>
    private static Dictionary<(string From, string To), string> UsesBetweenFolders(Assembly assembly, Func<Type, string?> folderOf)
    {
        Dictionary<(string From, string To), string> uses = [];
        foreach (var type in assembly.GetTypes())
        {
            if (folderOf(type) is not { } from) continue;
            foreach (var used in TypeUses.Of(type))
            {
                if (used.Assembly != assembly || folderOf(used) is not { } to || from == to) continue;
                uses.TryAdd((from, to), $"{type.FullName} uses {used.FullName}");
            }
        }

        return uses;
    }

    private static string? TopFolder(string project, Type type)
    {
        if (type.Namespace is not { } space) return null;
        if (space == project) return "(top)";
        return space.StartsWith(project + ".", StringComparison.Ordinal) ? space[(project.Length + 1)..].Split('.')[0] : null;
    }

    /// <summary>The largest sets of folders of which each reaches each other, sorted.</summary>
    private static List<string[]> Circles(Dictionary<(string From, string To), string> uses)
    {
        var next = uses.Keys.ToLookup(edge => edge.From, edge => edge.To);
        var reached = next.ToDictionary(edges => edges.Key, edges => Reached(next, edges.Key));
        return
        [
            .. reached.Keys.Select(here => reached[here].Where(there => reached.TryGetValue(there, out var back) && back.Contains(here)).Order(StringComparer.Ordinal).ToArray())
                .Where(circle => circle.Length > 1).DistinctBy(circle => circle[0]).OrderBy(circle => circle[0], StringComparer.Ordinal),
        ];
    }

    private static HashSet<string> Reached(ILookup<string, string> next, string start)
    {
        HashSet<string> reached = [];
        var queue = new Queue<string>([start]);
        while (queue.TryDequeue(out var here))
        {
            foreach (var there in next[here].Where(reached.Add)) queue.Enqueue(there);
        }

        return reached;
    }

    /// <summary>The edges of a shortest circle, or null where there is none.</summary>
    private static List<(string From, string To)>? CircleIn(Dictionary<(string From, string To), string> uses)
    {
        var next = uses.Keys.ToLookup(edge => edge.From, edge => edge.To);
        List<(string From, string To)>? shortest = null;
        foreach (var start in uses.Keys.Select(edge => edge.From).Distinct())
        {
            Dictionary<string, string> cameFrom = [];
            var queue = new Queue<string>([start]);
            while (queue.TryDequeue(out var here) && !cameFrom.ContainsKey(start))
            {
                foreach (var there in next[here].Where(there => cameFrom.TryAdd(there, here))) queue.Enqueue(there);
            }

            if (!cameFrom.ContainsKey(start)) continue;
            List<(string From, string To)> circle = [];
            for (var at = start; circle.Count == 0 || at != start; at = cameFrom[at]) circle.Insert(0, (cameFrom[at], at));
            if (shortest is null || circle.Count < shortest.Count) shortest = circle;
        }

        return shortest;
    }
}
