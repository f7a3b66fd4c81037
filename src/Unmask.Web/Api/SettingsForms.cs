using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Unmask.Core.Jobs;
using Unmask.Core.Outbound;
using Unmask.Core.Templates;
using Unmask.Web.Insights;
using Unmask.Web.Layout;
using Unmask.Web.Security;

namespace Unmask.Web.Api;

/// <summary>The forms of the page of settings.</summary>
internal static class SettingsForms
{
    /// <summary>Cookies that hold how pages look; a page is sent in it at once.</summary>
    private static readonly (string Name, string[] Values)[] looks = [("theme", ["", "light", "dark"]), ("density", ["", "compact"])];

    public static void MapSettings(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/settings").ExcludeFromDescription();
        group.MapPost("/queue", async (HttpContext context, RunScheduler scheduler) =>
        {
            var text = (await context.Request.ReadFormAsync())["slots"].ToString();
            scheduler.Queue.SetCpuSlots(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var slots) ? slots : throw new UserError($"\"{text}\" is not a number of concurrent runs. Enter 1 to 64."));
            return Done(context, "Saved.");
        });
        group.MapPost("/start", async (HttpContext context, TemplateStore templates) =>
        {
            templates.StartFrom((await context.Request.ReadFormAsync())["template"].ToString() is { Length: > 0 } id ? id : null);
            return Done(context, "Saved.", "/settings#start");
        });
        group.MapPost("/look", async (HttpContext context) =>
        {
            var form = await context.Request.ReadFormAsync();
            foreach (var (name, values) in looks) context.Response.Cookies.Append(name, values.Contains(form[name].ToString()) ? form[name].ToString() : "", new CookieOptions { MaxAge = TimeSpan.FromDays(365), SameSite = SameSiteMode.Strict, Path = "/" });
            return Results.Redirect("/settings#look");
        });
        group.MapGet("/diagnostics.zip", async (Diagnostics diagnostics, HttpContext context) =>
            Results.File(await diagnostics.Pack(context.RequestAborted), "application/zip", $"unmask-diagnostics-{DateTime.UtcNow:yyyyMMdd-HHmmss}.zip"));
        routes.MapPost("/computer/clean/{what}", (string what, HttpContext context, RunScheduler scheduler) =>
        {
            if (!Enum.TryParse<RunCleanUp>(what, ignoreCase: true, out var way) || !Enum.IsDefined(way)) return Results.NotFound();
            var (runs, bytes) = scheduler.Storage.CleanUp(way);
            return Done(context, runs == 0 ? "Nothing to delete." : $"{Format.Bytes(bytes)} of {Format.Count(runs, "run")} were deleted.", "/computer#disk");
        }).ExcludeFromDescription();
        group.MapPost("/webhook/test", (HttpContext context, WebhookOutbox outbox) =>
        {
            outbox.Send("ping", new { Text = "Test event of the Unmask workbench." });
            return Done(context, "A test event was sent. Reload this page to see the result.", "/settings#tokens");
        });
        group.MapPost("/secrets/{id}", async (string id, HttpContext context, SecretStore secrets) =>
        {
            var form = await context.Request.ReadFormAsync();
            switch (form["do"])
            {
                case "remove":
                    secrets.Remove(id);
                    return Done(context, "The token was removed.", "/settings#tokens");
                case "test":
                    return Done(context, await TokenTest.Of(id, secrets, context.RequestAborted), "/settings#tokens");
                default:
                    secrets.Set(id, form["value"].ToString());
                    return Done(context, "Token saved (encrypted).", "/settings#tokens");
            }
        });
    }

    private static IResult Done(HttpContext context, string sentence, string place = "/settings")
    {
        new Flash("good", [sentence]).Leave(context);
        return Results.Redirect(place);
    }
}
