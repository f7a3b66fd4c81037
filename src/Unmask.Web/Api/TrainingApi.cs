using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Recipes;
using Unmask.Core.Protocol;
using Unmask.Core.Protocol.Client;
using Unmask.Web.Components;
using Unmask.Web.Forms;

namespace Unmask.Web.Api;

/// <summary>What the training form asks while it is filled in.</summary>
internal static class TrainingApi
{
    /// <summary>What is to be said about one field.</summary>
    private sealed record FieldState(bool Applies, bool Changed, string? Severity, string? Sentence);

    private sealed record FormState(IReadOnlyDictionary<string, FieldState> Fields, string ProblemsHtml, string ChangesHtml, int ChangeCount);

    public static void MapTraining(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/train").ExcludeFromDescription();
        group.MapPost("/check", async (HttpContext context, HtmlRenderer renderer, EngineProcess engine, Baselines baselines) =>
        {
            var sent = await context.Request.ReadFormAsync();
            return await Check(TrainingForm.Of(sent), baselines.Of(sent["against"].ToString()), renderer, engine, context.RequestAborted);
        });
        group.MapPost("/plan", async (HttpContext context, HtmlRenderer renderer, EngineProcess engine, bool? probe) =>
            Results.Text(await Plan(TrainingForm.Of(await context.Request.ReadFormAsync()), renderer, engine, probe ?? false, context.RequestAborted), "text/html"));
        group.MapPost("/text/{what}", async (string what, HttpContext context) =>
        {
            var form = TrainingForm.Of(await context.Request.ReadFormAsync());
            return Results.Text(what == "command" ? form.Command : form.Yaml);
        });
    }

    private static async Task<FormState> Check(TrainingForm form, TrainParameters? against, HtmlRenderer renderer, EngineProcess engine, CancellationToken stop)
    {
        var problems = (await engine.AskAsync(new CheckRequest(RecipeText.OfFields(form.Fields)), cancellation: stop)).Problems;
        var fields = ParameterCatalog.Settings.ToDictionary(setting => setting.Name, setting =>
        {
            var problem = problems.FirstOrDefault(problem => problem.Setting == setting.Name);
            return new FieldState(setting.AppliesTo(form.Parameters), form.Text(setting).Trim() != RecipeFields.Text(setting, setting.Default), problem?.Severity.ToString().ToLowerInvariant(), problem?.Sentence);
        });
        var html = await Html<ProblemList>(renderer, nameof(ProblemList.Problems), problems);
        var changes = SettingDifference.Between(against ?? new TrainParameters(), form.Parameters);
        return new FormState(fields, html, await Html<SettingChanges>(renderer, nameof(SettingChanges.Changes), changes), changes.Count);
    }

    /// <summary>What the run would do and take, as far as its settings are right; what is wrong stands beside it anyway.</summary>
    private static async Task<string> Plan(TrainingForm form, HtmlRenderer renderer, EngineProcess engine, bool probe, CancellationToken stop)
    {
        try
        {
            return await Html<PlanCard>(renderer, nameof(PlanCard.Plan), await engine.AskAsync(new PlanRequest(RecipeText.OfFields(form.Fields), probe), cancellation: stop));
        }
        catch (UserError)
        {
            return "<p class=\"muted small\">The plan appears when the settings are valid.</p>";
        }
    }

    private static Task<string> Html<TComponent>(HtmlRenderer renderer, string parameter, object value) where TComponent : IComponent => renderer.Dispatcher.InvokeAsync(async () =>
        (await renderer.RenderComponentAsync<TComponent>(ParameterView.FromDictionary(new Dictionary<string, object?> { [parameter] = value }))).ToHtmlString());
}
