using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Checkpoints;

/// <summary>A copy of a model in another number format.</summary>
public static class ModelCopy
{
    /// <summary>Makes the new folder, complete or not at all.</summary>
    /// <param name="target">Must not exist, or be an empty folder.</param>
    /// <param name="source">The model.</param>
    /// <param name="dtype">Type of its weights; null for the type they have.</param>
    /// <param name="in4Bit">Whether its linear layers are in 4 bits; null for as they are.</param>
    /// <param name="passed">Called for each parameter with its number of values; what it throws ends the work and leaves nothing. Null for nobody.</param>
    /// <exception cref="UserError">The model is damaged, or the folder is not empty or cannot be written.</exception>
    public static void Save(string target, ModelFolder source, ScalarType? dtype, bool? in4Bit, Action<long>? passed = null)
    {
        ModelFolder.RefuseUsed(target);
        var type = dtype ?? source.StoredDtype;
        ModelFolder.Save(target, partial =>
        {
            if (in4Bit ?? source.IsIn4Bit)
            {
                using var loaded = source.Load(dtype: type, in4Bit: true, passed: passed).Model;
                ModelFolder.Write(partial, loaded, source.Config);
            }
            else
            {
                source.Rewrite(partial, type, (_, value) => passed?.Invoke(value.numel()));
            }

            source.CopyOtherFiles(partial);
        });
    }
}
