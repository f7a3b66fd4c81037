namespace Unmask.Core.Parameters.Import;

/// <summary>Makes recipes of what other programs train by: training templates of Transformer Lab, command lines of dllm.</summary>
public static class RecipeImport
{
    private const int LargestFile = 4 << 20;

    /// <summary>Reads a file: JSON is a template of Transformer Lab, anything else a script with one command of dllm.</summary>
    /// <exception cref="UserError">It is neither, or belongs to something that this program does not train.</exception>
    public static ImportedRecipe Read(string path)
    {
        return Parse(InputFile.ReadText(path, LargestFile), path);
    }

    /// <summary>Reads the text of such a file.</summary>
    /// <param name="text">Its text.</param>
    /// <param name="name">What sentences call it.</param>
    /// <inheritdoc cref="Read"/>
    public static ImportedRecipe Parse(string text, string name)
    {
        if (text.TrimStart() is ['{' or '[' or '"', ..]) return TransformerLabImport.Read(text, name);
        var commands = ShellWords.Commands(text);
        var training = commands.Where(DllmCommand.Trains).ToList();
        if (training.Count > 1) throw new UserError($"{name} holds {training.Count} commands that train; keep one of them.");
        if (training.Count == 1) return DllmImport.Read(training[0], [.. commands.Except(training)]);
        if (commands is [[['-', '-', ..], ..] only]) return DllmImport.Read(only);
        throw new UserError($"{name} holds neither a training template of Transformer Lab (JSON) nor the command line of a dllm training script.");
    }

    /// <summary>Reads the words of a command line, or its arguments alone.</summary>
    /// <inheritdoc cref="Read"/>
    public static ImportedRecipe FromCommand(IReadOnlyList<string> words) => DllmImport.Read(words);
}
