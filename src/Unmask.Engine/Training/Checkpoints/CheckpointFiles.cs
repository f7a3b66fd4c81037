using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using Unmask.Core.Events;
using Unmask.Engine.Collectives;
using Unmask.Engine.Training.Optimization;
using Unmask.Engine.Training.Parallel;
using Unmask.Engine.Training.State;

using static TorchSharp.torch;

namespace Unmask.Engine.Training.Checkpoints;

/// <summary>Saves where a run stands.</summary>
public interface ICheckpoints
{
    /// <summary>Saves; every process of a run calls it at the same step.</summary>
    /// <exception cref="UserError">It could not be saved, by whichever process; no checkpoint was added and none was lost.</exception>
    void Save(TrainingState state, CheckpointKind kind);
}

/// <summary>The part in a checkpoint of a process that is not the first: its share of the optimizer's state.</summary>
/// <param name="trained">What is trained.</param>
/// <param name="optimizer">Its optimizer.</param>
/// <param name="ranks">The processes.</param>
public sealed class CheckpointFollower(ITrainedWeights trained, AdamW optimizer, ICollectives ranks) : ICheckpoints
{
    public void Save(TrainingState state, CheckpointKind kind)
    {
        CheckpointFiles.RequireSameWeights(trained, ranks, state.Step);
        CheckpointFiles.Together(ranks, "", path =>
        {
            if (optimizer.Division.Parts > 1) OptimizerFiles.Write(path, optimizer);
        });
    }
}

/// <summary>What several processes do so that a checkpoint is complete or absent as one.</summary>
internal static class CheckpointFiles
{
    /// <summary>The counters.</summary>
    public const string State = "training_state.json";

    /// <summary>Lets all processes write into the folder that the first names, and returns when all have.</summary>
    /// <exception cref="UserError">One could not; every process learns of it.</exception>
    public static void Together(ICollectives ranks, string draft, Action<string> write)
    {
        var path = Encoding.UTF8.GetString(ranks.Gather(Encoding.UTF8.GetBytes(draft))[0]);
        var problem = "";
        Exception? own = null;
        try
        {
            write(path);
        }
        catch (Exception failure)
        {
            (problem, own) = (failure.Message, failure);
        }

        var problems = ranks.Gather(Encoding.UTF8.GetBytes(problem)).Select(Encoding.UTF8.GetString).ToArray();
        if (own is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(own);
        var failed = Array.FindIndex(problems, text => text.Length > 0);
        if (failed >= 0) throw new UserError($"The checkpoint could not be saved by rank {failed}: {problems[failed]}");
    }

    /// <summary>Processes that each update all weights must come to the same bits; if they do not, nothing they save can be trusted.</summary>
    public static void RequireSameWeights(ITrainedWeights trained, ICollectives ranks, long step)
    {
        if (ranks.Size == 1) return;
        var hash = new XxHash3();
        using var noGrad = no_grad();
        foreach (var parameter in trained.Parameters)
        {
            using var scope = NewDisposeScope();
            var flat = parameter.Value.detach().view(-1);
            for (long at = 0; at < flat.numel(); at += WeightShards.PieceElements) hash.Append(flat.narrow(0, at, Math.Min(WeightShards.PieceElements, flat.numel() - at)).cpu().bytes);
        }

        var all = ranks.Gather(hash.GetCurrentHash());
        var other = Array.FindIndex(all, one => !one.AsSpan().SequenceEqual(all[0]));
        if (other > 0)
        {
            throw new UserError($"After step {step} the weights of rank {other} are not those of rank 0, so the processes do not train the same model any more; "
                + "use the same program, libraries and type of CPU on all machines, and resume from the last checkpoint.");
        }
    }

    private static TrainingState ReadState(string file)
    {
        try
        {
            return JsonInput.Deserialize<TrainingState>(InputFile.ReadBytes(file), EventFormat.Options) ?? throw new JsonException("it holds null");
        }
        catch (JsonException broken)
        {
            throw new UserError($"{file} cannot be read: {JsonInput.Reason(broken)}. Remove this checkpoint folder so that an older one is used.");
        }
    }

    /// <summary>Puts what is trained and its optimizer where they were when a checkpoint was saved, and gives its counters.</summary>
    public static TrainingState Load(string folder, ITrainedWeights trained, AdamW optimizer)
    {
        trained.Read(folder);
        OptimizerFiles.Read(folder, optimizer);
        var file = Path.Combine(folder, State);
        var state = ReadState(file);
        optimizer.Restore(state.Updates);
        return state;
    }
}
