using Unmask.Core.Protocol;
using Unmask.Engine.Inspection;

namespace Unmask.Engine.Hosting.Operations;

/// <summary>Tells of a model that was just written.</summary>
internal static class WrittenModel
{
    public static ModelWritten At(string path)
    {
        var model = ModelInspector.Look(path);
        return new ModelWritten(Path.GetFullPath(path), model.Architecture ?? "", model.Shape?.Parameters ?? model.Adapter?.Parameters ?? 0, model.Bytes);
    }
}
