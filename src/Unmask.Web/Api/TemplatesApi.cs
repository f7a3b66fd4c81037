using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Unmask.Core.Models;
using Unmask.Core.Parameters.Import;
using Unmask.Core.Parameters.Recipes;
using Unmask.Core.Templates;
using Unmask.Web.Layout;

namespace Unmask.Web.Api;

/// <summary>Training templates.</summary>
internal static class TemplatesApi
{
    private const int LongestImport = 1 << 20;

    /// <summary>A template for programs.</summary>
    private sealed record TemplateView(string Id, string Title, string Description, DateTimeOffset Changed, IReadOnlyDictionary<string, object?>? Settings, IReadOnlyList<string> Problems);

    /// <summary>A template that a program sends.</summary>
    internal sealed record TemplateDraft(string Title, string Recipe, string? Description = null);

    public static void MapTemplates(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/templates").WithTags("Templates");
        group.MapGet("", (TemplateStore store) => store.All.Select(View)).WithSummary("All templates, last changed first.");
        group.MapGet("/{id}", (string id, TemplateStore store) => store.Find(id) is { } template ? Results.Ok(View(template)) : Results.NotFound()).WithSummary("One template.").Produces<TemplateView>();
        group.MapPost("", (TemplateDraft draft, TemplateStore store) =>
        {
            var id = store.Add(draft.Title, draft.Description ?? "", Recipe.Parse(draft.Recipe).Checked());
            return Results.Created($"/api/templates/{id}", View(store.Find(id)!));
        }).WithSummary("Creates a template from a recipe (YAML).").Produces<TemplateView>(StatusCodes.Status201Created);
        group.MapPut("/{id}", (string id, TemplateDraft draft, TemplateStore store) =>
        {
            if (store.Find(id) is null) return Results.NotFound();
            store.Save(id, draft.Title, draft.Description ?? "", Recipe.Parse(draft.Recipe).Checked());
            return Results.Ok(View(store.Find(id)!));
        }).WithSummary("Replaces a template.").Produces<TemplateView>();
        group.MapDelete("/{id}", (string id, TemplateStore store) =>
        {
            if (store.Find(id) is null) return Results.NotFound();
            store.Delete(id);
            return Results.NoContent();
        }).WithSummary("Deletes a template; it can be restored from the page of templates.");
        MapPages(routes.MapGroup("/templates").ExcludeFromDescription());
    }

    private static void MapPages(RouteGroupBuilder pages)
    {
        pages.MapGet("/{id}/recipe.yaml", (string id, TemplateStore store) => store.Find(id) is null ? Results.NotFound() : Results.Text(store.TextOf(id), "application/yaml"));
        pages.MapGet("/{id}/transformer-lab.json", (string id, TemplateStore store, ModelStore models) =>
        {
            if (store.Find(id) is not { } template) return Results.NotFound();
            var parameters = template.Parameters ?? throw template.Unusable;
            return Results.Text(TransformerLabExport.Write(template.Title, parameters, models.All.FirstOrDefault(model => model.Path == parameters.Model)?.Architecture), "application/json");
        });
        pages.MapPost("/{id}/delete", (string id, TemplateStore store) =>
        {
            store.Delete(id);
            return Results.Redirect($"/train?deleted={id}");
        });
        pages.MapPost("/{id}/restore", (string id, TemplateStore store) =>
        {
            store.Restore(id);
            return Results.Redirect("/train");
        });
        pages.MapPost("/import", async (HttpContext context, TemplateStore store) =>
        {
            var form = await context.Request.ReadFormAsync();
            if (form.Files is not [{ Length: > 0 } file]) throw new UserError("No file was selected. Select a recipe, a Transformer Lab template, or a script with a dllm command.");
            if (file.Length > LongestImport) throw new UserError($"{file.FileName} has {file.Length:N0} bytes; a recipe is a small text file.");
            using var reader = new StreamReader(file.OpenReadStream());
            var id = Import(await reader.ReadToEndAsync(), file.FileName, store, context);
            return Results.Redirect($"/templates/{id}");
        });
    }

    /// <summary>Keeps a file of ours or of another program as a template, and leaves a word on what is not the same.</summary>
    private static string Import(string text, string name, TemplateStore store, HttpContext context)
    {
        var title = Path.GetFileNameWithoutExtension(name);
        if (Path.GetExtension(name).ToLowerInvariant() is ".yaml" or ".yml") return Kept(text, "");

        var imported = RecipeImport.Parse(text, name);
        string[] told = [.. imported.Changed, .. imported.LeftOut];
        new Flash(told.Length == 0 ? "good" : "info", [$"Imported from {imported.Source}.", .. told]).Leave(context);
        return Kept(imported.Write(), $"Imported from {imported.Source}");

        // Values that cannot be trained by are told in the form; what cannot be read would be lost.
        string Kept(string yaml, string description)
        {
            var recipe = Recipe.Parse(yaml, name);
            UserError.ThrowIfAny([.. recipe.Unread.Select(problem => problem.Sentence)]);
            return store.Add(title, description, recipe.Parameters);
        }
    }

    private static TemplateView View(Template template) => new(
        template.Id, template.Title, template.Description, template.Changed, template.Parameters is { } parameters ? ConfigFile.ToDictionary(parameters) : null, [.. template.Problems.Select(problem => problem.Sentence)]);
}
