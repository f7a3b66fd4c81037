namespace Unmask.Core.Parameters.Import;

/// <summary>A command line that trains with dllm: which script, on how many devices, with which arguments.</summary>
internal sealed class DllmCommand
{
    private readonly Dictionary<string, string> _arguments = new(StringComparer.Ordinal);

    private DllmCommand()
    {
    }

    /// <summary>Path of the Python script, with forward slashes; null when none was named.</summary>
    public string? Script { get; private set; }

    /// <summary>Processes that the launcher starts, one a device; 1 when not said.</summary>
    public int Processes { get; private set; } = 1;

    /// <summary>Arguments of the script by name (with underscores); several words of one argument are joined by blanks.</summary>
    public IReadOnlyDictionary<string, string> Arguments => _arguments;

    /// <summary>Arguments given more than once; the last one counts.</summary>
    public List<string> Repeated { get; } = [];

    /// <summary>Words of the launcher and others that say nothing about training.</summary>
    public List<string> Passed { get; } = [];

    /// <param name="words">Words of one command, or arguments alone.</param>
    public static DllmCommand Read(IReadOnlyList<string> words)
    {
        var command = new DllmCommand();
        var script = words.ToList().FindIndex(IsScript);
        var launcher = script < 0 ? words.TakeWhile(word => !IsName(word)).ToList() : [.. words.Take(script)];
        if (script >= 0 && words[script].EndsWith(".py", StringComparison.Ordinal)) command.Script = words[script].Replace('\\', '/');
        command.ReadLauncher(launcher);
        command.ReadArguments(words.Skip(script < 0 ? launcher.Count : script + 1));
        if (command._arguments.Remove("script_path", out var path)) command.Script = path.Replace('\\', '/');
        if (command._arguments.Remove("accelerate_config", out var config)) command.Passed.Add($"--accelerate_config {config}");
        return command;
    }

    /// <summary>Does this command train, as far as can be seen from its words?</summary>
    public static bool Trains(IReadOnlyList<string> words) => words.Any(IsScript) || words.Any(word => word.StartsWith("--model_name_or_path", StringComparison.Ordinal) || word.StartsWith("--dataset_args", StringComparison.Ordinal));

    private static bool IsScript(string word) => word.EndsWith(".py", StringComparison.Ordinal) || word.EndsWith(".sh", StringComparison.Ordinal);

    private static bool IsName(string word) => word.Length > 2 && word.StartsWith("--", StringComparison.Ordinal);

    private void ReadLauncher(List<string> words)
    {
        int processes = 1, machines = 1;
        for (var at = 0; at < words.Count; at++)
        {
            var (name, value) = words[at].Split('=', 2) is [var left, var right] ? (left, right) : (words[at], at + 1 < words.Count ? words[at + 1] : "");
            var number = int.TryParse(value.Split(':')[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) ? parsed : 1;
            switch (name.TrimStart('-').Replace('-', '_'))
            {
                // accelerate counts all processes, torchrun and Slurm those of one machine.
                case "num_processes": (processes, machines) = (number, 1); break;
                case "nproc_per_node" or "gres" or "gpus_per_node": processes = number; break;
                case "nnodes" or "nodes": machines = number; break;
                case "CUDA_VISIBLE_DEVICES" when processes == 1: processes = value.Split(',', StringSplitOptions.RemoveEmptyEntries).Length; break;
            }
        }

        Processes = Math.Max(1, processes * machines);
        if (words.Count > 0) Passed.Add(string.Join(' ', words));
    }

    private void ReadArguments(IEnumerable<string> words)
    {
        string? name = null;
        foreach (var word in words)
        {
            if (IsName(word))
            {
                var parts = word[2..].Split('=', 2);
                name = parts[0].Replace('-', '_');
                if (_arguments.ContainsKey(name)) Repeated.Add(name);
                _arguments[name] = parts.Length == 2 ? parts[1] : "";
            }
            else if (name is null)
            {
                Passed.Add(word);
            }
            else
            {
                _arguments[name] = _arguments[name].Length == 0 ? word : $"{_arguments[name]} {word}";
            }
        }
    }
}
