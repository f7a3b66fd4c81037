using System.Text;
using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Recipes;
using Unmask.Core.Parameters.Validation;
using Unmask.Core.Storage;

namespace Unmask.Core.Templates;

/// <summary>A kept recipe with a name.</summary>
/// <param name="Id">Name of its file, without the ending: small letters, digits and dashes.</param>
/// <param name="Title">What people call it.</param>
/// <param name="Description">What it is for; empty for nothing.</param>
/// <param name="Parameters">Its settings; null where a line of its file cannot be read, for the rest alone is not what the person wrote.</param>
/// <param name="Changed">When it was last saved.</param>
/// <param name="Problems">What could not be read of it, or cannot be trained by.</param>
public sealed record Template(string Id, string Title, string Description, TrainParameters? Parameters, DateTimeOffset Changed, IReadOnlyList<Problem> Problems)
{
    /// <summary>The error with all its problems.</summary>
    public UserError Unusable => new([.. Problems.Select(problem => problem.Sentence)]);
}

/// <summary>
/// The training templates of a workbench: recipe files in one folder, which the terminal trains by as they are and people may edit by hand.
/// The first comment line of a file is its title, the next ones are its description.
/// </summary>
/// <param name="folder">Where they lie; made when the first is saved.</param>
public sealed class TemplateStore(string folder)
{
    private const string Ending = ".yaml";
    private const string TrashName = ".deleted";
    private const int LargestFile = 4 << 20;
    private const string StartName = ".start";

    private readonly Lock naming = new();

    /// <summary>All templates, the last changed first; those that cannot be read are among them, with why.</summary>
    public IReadOnlyList<Template> All => !Directory.Exists(folder) ? [] :
        [.. Directory.GetFileSystemEntries(folder, "*" + Ending).Where(path => !Path.GetFileName(path).StartsWith('.')).Select(Read).OfType<Template>().OrderByDescending(template => template.Changed)];

    /// <summary>The template of that id; null where there is none.</summary>
    public Template? Find(string id) => Slug.Is(id) ? Read(PathOf(id)) : null;

    /// <summary>The file of a template, as the terminal takes it.</summary>
    public string PathOf(string id) => Path.Combine(folder, id + Ending);

    /// <summary>The file of a template as it is.</summary>
    /// <exception cref="UserError">It is gone or cannot be read.</exception>
    public string TextOf(string id) => InputFile.ReadText(PathOf(id), LargestFile);

    /// <summary>Keeps a new template, under a name of its own.</summary>
    /// <returns>Its id.</returns>
    public string Add(string title, string description, TrainParameters parameters)
    {
        lock (naming)
        {
            try
            {
                Directory.CreateDirectory(folder);
            }
            catch (Exception failure) when (StorageFailure.IsStorage(failure))
            {
                throw StorageFailure.Explain(failure, folder);
            }

            // One at a time, so that a name is free still when it is taken.
            var id = Slug.Free(Slug.Of(title, instead: "template"), taken => Path.Exists(PathOf(taken)));
            Save(id, title, description, parameters);
            return id;
        }
    }

    /// <summary>The template that new trainings start from; null for the defaults of the program.</summary>
    public Template? Start
    {
        get
        {
            var mark = Path.Combine(folder, StartName);
            try
            {
                return File.Exists(mark) ? Find(InputFile.ReadText(mark, limit: 4096)) : null;
            }
            catch (UserError)
            {
                // New trainings start from the defaults then.
                return null;
            }
        }
    }

    /// <summary>Lets new trainings start from a template.</summary>
    /// <param name="id">Which; null for the defaults of the program.</param>
    /// <exception cref="UserError">There is no such template, or the disk refuses.</exception>
    public void StartFrom(string? id)
    {
        if (id is not null && Find(id) is null) throw new UserError($"There is no template {id}. It may have been deleted.");
        var mark = Path.Combine(folder, StartName);
        if (id is null) File.Delete(mark);
        else Durable.WriteFile(mark, Encoding.UTF8.GetBytes(id));
    }

    /// <summary>Replaces a template.</summary>
    /// <exception cref="UserError">The title is empty, the file that is there cannot be read, so that its content would be lost, or the disk refuses.</exception>
    public void Save(string id, string title, string description, TrainParameters parameters)
    {
        if (string.IsNullOrWhiteSpace(title)) throw new UserError("The name of the template is empty. Enter a name.");
        if (!Slug.Is(id)) throw new UserError($"\"{id}\" is not the id of a template.");
        if (Find(id) is { Parameters: null }) throw new UserError($"{PathOf(id)} cannot be read, and saving would lose its contents. Fix the file, delete the template, or save under another name.");
        try
        {
            Durable.WriteFile(PathOf(id), Encoding.UTF8.GetBytes(ConfigFile.WriteChanges(parameters, $"{OneLine(title)}\n{description}")));
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            throw StorageFailure.Explain(failure, PathOf(id));
        }
    }

    /// <summary>Takes a template away, to where <see cref="Restore"/> finds it.</summary>
    public void Delete(string id)
    {
        if (!Slug.Is(id) || !File.Exists(PathOf(id))) return;
        Moving(id, () =>
        {
            var trash = Directory.CreateDirectory(Path.Combine(folder, TrashName)).FullName;
            File.Move(PathOf(id), Path.Combine(trash, id + Ending), overwrite: true);
        });
    }

    /// <summary>Brings the template back that was deleted last under this id.</summary>
    /// <exception cref="UserError">It is not there, or another one has its place.</exception>
    public void Restore(string id)
    {
        var deleted = Path.Combine(folder, TrashName, id + Ending);
        if (!Slug.Is(id) || !File.Exists(deleted)) throw new UserError($"No deleted template is called {id}.");
        if (File.Exists(PathOf(id))) throw new UserError($"There is a template called {id} again; rename that one first.");
        Moving(id, () => File.Move(deleted, PathOf(id)));
    }

    private void Moving(string id, Action move)
    {
        try
        {
            move();
        }
        catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UserError($"The template {id} is gone: somebody else deleted it, or brought it back, at the same moment. Load the page again.");
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            throw StorageFailure.Explain(failure, PathOf(id));
        }
    }

    private static Template? Read(string path)
    {
        if (!Path.Exists(path)) return null;
        var id = Path.GetFileNameWithoutExtension(path);
        try
        {
            var text = InputFile.ReadText(path, LargestFile);
            var comments = text.Split('\n').Select(line => line.Trim()).TakeWhile(line => line.StartsWith('#')).Select(line => line.TrimStart('#').Trim()).ToList();
            var recipe = Recipe.Parse(text, path);
            // What else is wrong follows from what could not be read, or is told when that is mended.
            bool isWhole = recipe.Unread.Count == 0;
            return new Template(id, comments.FirstOrDefault(line => line.Length > 0) ?? id, string.Join('\n', comments.Skip(1)), isWhole ? recipe.Parameters : null, File.GetLastWriteTimeUtc(path),
                isWhole ? [.. recipe.Check().Where(problem => problem.Severity == Severity.Error)] : recipe.Unread);
        }
        catch (UserError unreadable)
        {
            return Path.Exists(path) ? new Template(id, id, "", null, File.GetLastWriteTimeUtc(path), [Problem.Error(null, unreadable.Message)]) : null;
        }
    }

    private static string OneLine(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
