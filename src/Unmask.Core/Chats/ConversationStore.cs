using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using Unmask.Core.Events;
using Unmask.Core.Storage;

namespace Unmask.Core.Chats;

/// <summary>A conversation in a list.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Changed">When it was last asked something or renamed.</param>
/// <param name="Questions">How many questions it has.</param>
/// <param name="Problem">Why it cannot be read, in a sentence; null when it can.</param>
public sealed record ConversationGlance(string Id, string Name, DateTimeOffset Changed, int Questions, string? Problem = null);

/// <summary>The conversations of a workbench, one JSON file each. They are read and written whole; any number of pages may use them at once.</summary>
/// <param name="folder">Where they lie; made when the first is kept.</param>
/// <param name="clock">For tests; null for the system's.</param>
public sealed class ConversationStore(string folder, TimeProvider? clock = null)
{
    private const string Ending = ".json";
    private const string TrashName = ".deleted";
    private const int LongestName = 80;
    private const int LongestFirstWords = 48;

    private readonly Lock gate = new();
    private readonly ConcurrentDictionary<string, (DateTime Written, long Bytes, ConversationGlance Glance)> glances = [];

    /// <summary>All conversations, the last changed first. Only files that changed since they were last seen are read.</summary>
    public IReadOnlyList<ConversationGlance> All => !Directory.Exists(folder) ? [] :
        [.. new DirectoryInfo(folder).GetFiles("*" + Ending).Where(file => Slug.Is(IdOf(file.Name))).Select(Glance).OfType<ConversationGlance>().OrderByDescending(glance => glance.Changed)];

    /// <summary>A conversation of a new id, which is kept by its first <see cref="Add"/>.</summary>
    /// <param name="question">Its first question, whose first words name it.</param>
    /// <param name="system">What models are told before it; null for nothing.</param>
    public Conversation Begin(string question, string? system)
    {
        var now = Now;
        var id = $"{now.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3))}";
        return new Conversation(id, FirstWords(question), now) { System = string.IsNullOrWhiteSpace(system) ? null : system.Trim() };
    }

    /// <summary>The one of that id; null where there is none.</summary>
    /// <exception cref="UserError">Its file is damaged, or of a later version of the program.</exception>
    public Conversation? Find(string id) => Slug.Is(id) && File.Exists(PathOf(id)) ? Read(PathOf(id)) : null;

    /// <summary>Keeps a conversation with one more exchange. What others added to it meanwhile stays.</summary>
    /// <param name="conversation">As <see cref="Begin"/> or <see cref="Find"/> gave it.</param>
    /// <param name="exchange">What was asked and answered.</param>
    /// <returns>The conversation as it is now.</returns>
    /// <exception cref="UserError">It was deleted meanwhile, or the disk refuses.</exception>
    public Conversation Add(Conversation conversation, ChatExchange exchange)
    {
        lock (gate)
        {
            var known = Find(conversation.Id);
            if (known is null && conversation.Exchanges.Count > 0) throw new UserError($"The conversation \"{conversation.Name}\" was deleted during the answer. Restore the conversation, or start a new one.");
            known ??= conversation;
            return Write(known with { System = conversation.System, Exchanges = [.. known.Exchanges, exchange], Changed = Now });
        }
    }

    /// <summary>Gives it another name.</summary>
    /// <exception cref="UserError">The name is empty or too long, there is no such conversation, or the disk refuses.</exception>
    public Conversation Rename(string id, string name)
    {
        var line = OneLine(name);
        if (line.Length is 0 or > LongestName) throw new UserError(line.Length == 0 ? "The name of the conversation is empty. Enter a name." : $"The name has {line.Length} letters. It must have at most {LongestName}.");
        lock (gate) return Write((Find(id) ?? throw Unknown(id)) with { Name = line, Changed = Now });
    }

    /// <summary>Takes it away, to where <see cref="Restore"/> finds it.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Delete(string id)
    {
        lock (gate)
        {
            if (!Slug.Is(id) || !File.Exists(PathOf(id))) return false;
            Directory.CreateDirectory(Path.Combine(folder, TrashName));
            File.Move(PathOf(id), DeletedPathOf(id), overwrite: true);
            return true;
        }
    }

    /// <summary>Brings the one back that was deleted.</summary>
    /// <exception cref="UserError">It is not there.</exception>
    public void Restore(string id)
    {
        lock (gate)
        {
            if (!Slug.Is(id) || !File.Exists(DeletedPathOf(id))) throw new UserError($"No deleted conversation is called {id}.");
            File.Move(DeletedPathOf(id), PathOf(id), overwrite: false);
        }
    }

    /// <summary>The first words of a text, at most some fifty letters.</summary>
    internal static string FirstWords(string text)
    {
        var line = OneLine(text);
        if (line.Length <= LongestFirstWords) return line.Length == 0 ? "Untitled" : line;
        var end = line.LastIndexOf(' ', LongestFirstWords);
        return (end > 0 ? line[..end] : line[..LongestFirstWords]).TrimEnd(',', ';', ':', '.') + "…";
    }

    private DateTimeOffset Now => (clock ?? TimeProvider.System).GetUtcNow();

    private Conversation Write(Conversation conversation)
    {
        try
        {
            Directory.CreateDirectory(folder);
            Durable.WriteFile(PathOf(conversation.Id), [.. JsonSerializer.SerializeToUtf8Bytes(conversation, EventFormat.Options), (byte)'\n']);
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            throw StorageFailure.Explain(failure, PathOf(conversation.Id));
        }

        return conversation;
    }

    private static Conversation Read(string path)
    {
        var read = JsonRecord.Read<Conversation>(path);
        if (read.Version > Conversation.CurrentVersion) throw new UserError($"{path} was written by a later version of Unmask (its shape is {read.Version}, this one knows up to {Conversation.CurrentVersion}); use that version to read it.");
        if (read.Exchanges.Any(exchange => exchange.Answers.Count == 0)) throw Damaged(path, "a question has no answer");

        // The file's name is what addresses hold.
        return read with { Id = IdOf(Path.GetFileName(path)) };
    }

    private ConversationGlance? Glance(FileInfo file)
    {
        try
        {
            if (glances.TryGetValue(file.Name, out var known) && (known.Written, known.Bytes) == (file.LastWriteTimeUtc, file.Length)) return known.Glance;
            var read = Read(file.FullName);
            var glance = new ConversationGlance(IdOf(file.Name), read.Name, read.Changed, read.Exchanges.Count);
            glances[file.Name] = (file.LastWriteTimeUtc, file.Length, glance);
            return glance;
        }
        catch (UserError damaged)
        {
            file.Refresh();
            return file.Exists ? new ConversationGlance(IdOf(file.Name), IdOf(file.Name), file.LastWriteTimeUtc, 0, damaged.Message) : null;
        }
    }

    private string PathOf(string id) => Path.Combine(folder, id + Ending);

    private string DeletedPathOf(string id) => Path.Combine(folder, TrashName, id + Ending);

    private static string IdOf(string fileName) => fileName[..^Ending.Length];

    private static string OneLine(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static UserError Damaged(string path, string why) => new($"The conversation in {path} cannot be read: {why.TrimEnd('.')}. Fix the file, or delete it.");

    private static UserError Unknown(string id) => new($"There is no conversation {id} any more; it may have been deleted.");
}
