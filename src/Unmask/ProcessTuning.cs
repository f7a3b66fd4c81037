using System.Text.Json;
using Unmask.Engine.Runtime;

namespace Unmask;

/// <summary>
/// Speed at the price of the process. The library changes nothing in the process beyond loading LibTorch; a program whose main work is training or generation can ask for more, as the program
/// <c>unmask</c> does.
/// </summary>
/// <example>
/// <code>
/// ProcessTuning.Apply(); // first line of Main
/// using var model = await UnmaskModel.OpenAsync("models/quickstart");
/// </code>
/// </example>
public static class ProcessTuning
{
    /// <summary>
    /// Lets glibc keep freed memory, OpenMP threads sleep sooner at barriers (sets <c>GOMP_SPINCOUNT</c>), and float32 products use oneDNN where it is exact. Call before the first model is
    /// opened; afterwards the call changes nothing.
    /// </summary>
    public static void Apply() => UnmaskRuntime.Configure(RuntimeOptions.Fast);

    /// <summary>Loads LibTorch, with the least that it needs where nothing was asked for.</summary>
    internal static void Start()
    {
        if (!JsonSerializer.IsReflectionEnabledByDefault)
        {
            throw new UserError("This program is built without reflection for JSON (JsonSerializerIsReflectionEnabledByDefault is false), and settings and model files are read with it. "
                + "Set PublishAot to false in the project, or #:property PublishAot=false in a file-based app, which has it by default.");
        }

        UnmaskRuntime.Start();
    }
}
