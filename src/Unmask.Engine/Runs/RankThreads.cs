using Unmask.Core.Parameters;
using Unmask.Engine.Collectives;

using static TorchSharp.torch;

namespace Unmask.Engine.Runs;

/// <summary>How many threads a process computes with.</summary>
internal static class RankThreads
{
    /// <summary>
    /// The setting <c>threads</c>; one in deterministic training, since a sum over threads depends on their number; else the processes of a machine share its cores, unless
    /// their launcher has bound each to cores of its own.
    /// </summary>
    public static void Apply(TrainParameters parameters, RankGroup group)
    {
        var usual = get_num_threads();
        var neighbors = group.Place?.LocalSize ?? group.Size;
        var bound = Environment.ProcessorCount * neighbors <= ProcessorsPresent();
        set_num_threads(parameters.Threads ?? (parameters.Deterministic ? 1 : neighbors == 1 || bound ? usual : Math.Max(1, usual / neighbors)));
    }

    /// <summary>Processors of the machine, also those that this process may not use.</summary>
    private static int ProcessorsPresent()
    {
        const string list = "/sys/devices/system/cpu/online";
        if (!File.Exists(list)) return Environment.ProcessorCount;
        // For instance "0-3,8".
        return File.ReadAllText(list).Trim().Split(',').Sum(range =>
        {
            var ends = range.Split('-').Select(text => int.Parse(text, CultureInfo.InvariantCulture)).ToArray();
            return ends[^1] - ends[0] + 1;
        });
    }
}
