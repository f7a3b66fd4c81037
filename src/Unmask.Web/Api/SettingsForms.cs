using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Unmask.Core;
using Unmask.Core.Jobs;
using Unmask.Web.Layout;
using Unmask.Web.Security;

namespace Unmask.Web.Api;

/// <summary>The forms of the page of settings.</summary>
internal static class SettingsForms
{
    public static void MapSettings(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/settings").ExcludeFromDescription();
        group.MapPost("/queue", async (HttpContext context, RunBoard board) =>
        {
            var text = (await context.Request.ReadFormAsync())["slots"].ToString();
            board.SetCpuSlots(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var slots) ? slots : throw new UserError($"\"{text}\" is not a number of trainings; write 1 to 64."));
            return Done(context, "Kept.");
        });
        group.MapPost("/secrets/{id}", async (string id, HttpContext context, SecretStore secrets) =>
        {
            var form = await context.Request.ReadFormAsync();
            if (form["do"] == "remove") secrets.Remove(id);
            else secrets.Set(id, form["value"].ToString());
            return Done(context, form["do"] == "remove" ? "The token was removed." : "The token is kept, encrypted.");
        });
    }

    private static IResult Done(HttpContext context, string sentence)
    {
        new Flash("good", [sentence]).Leave(context);
        return Results.Redirect("/settings");
    }
}
