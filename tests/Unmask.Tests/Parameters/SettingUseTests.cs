using System.Reflection;
using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Validation;
using Unmask.Tests.Architecture;
using Xunit;

namespace Unmask.Tests.Parameters;

/// <summary>No setting is ignored in silence: each is read by something that acts on it, or refused as one of a later version.</summary>
public sealed class SettingUseTests
{
    /// <summary>Which getter of the settings each type's code calls.</summary>
    private static readonly (Type User, MethodBase Getter)[] Reads =
    [
        .. from project in Sources.Projects
           from type in ProjectReferenceTests.Load(project).GetTypes()
           from called in TypeUses.CalledBy(type)
           where called.DeclaringType == typeof(TrainParameters) && called.Name.StartsWith("get_", StringComparison.Ordinal)
           select (Outermost(type), called),
    ];

    /// <summary>Scopes whose every use is refused: their settings cannot be ignored.</summary>
    private static readonly SettingScope[] Refused =
    [
        .. new (SettingScope Scope, TrainParameters Chosen)[]
            {
                (SettingScope.Dream, new() { TrainingMethod = TrainingMethod.Dream }),
            }
            .Where(pair => VersionLimits.Check(pair.Chosen).Any()).Select(pair => pair.Scope),
    ];

    [Fact]
    public void Every_setting_is_read_or_refused() => Assert.Empty(
        from property in typeof(TrainParameters).GetProperties()
        let setting = property.GetCustomAttribute<SettingAttribute>()
        where setting is not null && !IsRead(property) && !Refused.Contains(setting.OnlyFor)
        select property.Name);

    [Theory]
    [InlineData(nameof(TrainParameters.MaxGradNorm), true)]
    [InlineData(nameof(TrainParameters.EvalBatchSize), true)]
    [InlineData(nameof(TrainParameters.SaveSteps), true)]
    [InlineData(nameof(TrainParameters.LogToWandb), true)]
    [InlineData(nameof(TrainParameters.TargetModules), true)]
    [InlineData("EqualityContract", false)]
    public void Reading_is_seen_where_it_happens(string name, bool read) =>
        Assert.Equal(read, IsRead(typeof(TrainParameters).GetProperty(name, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)!));

    private static bool IsRead(PropertyInfo property)
    {
        var users = Reads.Where(read => read.Getter == property.GetMethod).Select(read => read.User).ToHashSet();
        return users.Any(Acts) || (users.Contains(typeof(TrainParameters)) && Computed(property).Any(IsRead));
    }

    /// <summary>Checking a setting or writing it down is not acting on it; planning steps and refusing are.</summary>
    private static bool Acts(Type user) => user.Namespace != typeof(TrainParameters).Namespace || user == typeof(StepPlan) || user == typeof(VersionLimits);

    /// <summary>Properties beside the settings that are computed from this one.</summary>
    private static IEnumerable<PropertyInfo> Computed(PropertyInfo setting) =>
        from other in typeof(TrainParameters).GetProperties()
        where other.GetCustomAttribute<SettingAttribute>() is null && other.GetMethod is { } getter && TypeUses.CalledBy(getter).Contains(setting.GetMethod)
        select other;

    private static Type Outermost(Type type) => type.DeclaringType is { } outer ? Outermost(outer) : type;
}
