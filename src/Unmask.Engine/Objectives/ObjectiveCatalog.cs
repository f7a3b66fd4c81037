using Unmask.Core.Parameters;
using Unmask.Engine.Objectives.Losses;
using Unmask.Engine.Objectives.Mdlm;

namespace Unmask.Engine.Objectives;

/// <summary>The objective of each training method.</summary>
public static class ObjectiveCatalog
{
    private static readonly Dictionary<TrainingMethod, Func<ObjectiveContext, IDiffusionObjective>> Entries = new()
    {
        [TrainingMethod.Bert] = MdlmObjective.Create,
        [TrainingMethod.Dream] = MdlmObjective.Create,
        [TrainingMethod.Llada] = MdlmObjective.Create,
    };

    /// <summary>The objective that a run's settings ask for.</summary>
    public static IDiffusionObjective Create(ObjectiveContext context) => Entries[context.Parameters.TrainingMethod](context);
}
