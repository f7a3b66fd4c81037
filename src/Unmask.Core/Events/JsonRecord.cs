using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Unmask.Core.Events;

/// <summary>
/// Reads small files of the program's own (<c>job.json</c>, <c>dataset.json</c>, ...), which may be torn, changed by hand, or a stranger's: every member
/// that the record needs is there and nothing is null that must not be, or it is not read at all.
/// </summary>
public static class JsonRecord
{
    private static readonly JsonSerializerOptions Strict = new(EventFormat.Options)
    {
        RespectNullableAnnotations = true,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { type => Require(type, static parameter => !parameter.IsNullable) } },
    };

    /// <summary>Reads a file.</summary>
    /// <exception cref="UserError">It cannot be read, or is not whole; the sentence names it and says why.</exception>
    public static T Read<T>(string path) where T : class
    {
        byte[] bytes = InputFile.ReadBytes(path);
        try
        {
            return JsonInput.Deserialize<T>(bytes, Strict, JsonRules.NoNullInLists) ?? throw new JsonException("it holds null");
        }
        catch (JsonException broken)
        {
            throw new UserError($"{path} cannot be read: {JsonInput.Reason(broken)}. Restore the file from a copy, or delete it.");
        }
    }

    /// <summary>Reads a file; null where it is not there.</summary>
    /// <exception cref="UserError">As for <see cref="Read"/>.</exception>
    public static T? Find<T>(string path) where T : class => Path.Exists(path) ? Read<T>(path) : null;

    /// <summary>Reads a file; null where it is not there or cannot be read, for what is not missed.</summary>
    public static T? TryRead<T>(string path) where T : class
    {
        try
        {
            return Find<T>(path);
        }
        catch (UserError)
        {
            return null;
        }
    }

    /// <summary>Members that are parameters of a record and have no default must be in the file, where <paramref name="which"/> says so.</summary>
    internal static void Require(JsonTypeInfo type, Func<JsonParameterInfo, bool> which)
    {
        foreach (JsonPropertyInfo member in type.Properties.Where(member => member.AssociatedParameter is { HasDefaultValue: false } parameter && which(parameter))) member.IsRequired = true;
    }
}
